import { drawDelay } from './draws.ts'
import type { Link } from './link.ts'
import { createReversal } from './reversal.ts'
import { DUE, type Due, type Workings } from './workings.ts'

/** When submit_sm_resp leave, and how often. */
export interface Responses {
  taken(link: Link, sequence: number, segment: number): void
  refused(link: Link, sequence: number, status: number): void
  /** An event of the agenda: a response leaves. */
  readonly onDue: Due
  readonly onLetGo: Due
}

interface Response {
  readonly link: Link
  readonly sequence: number
  readonly outcome: number
}

export function createResponses(workings: Workings): Responses {
  const { list, agenda, draw, links } = workings

  const leave = (link: Link, sequence: number, outcome: number): void => {
    if (outcome < 0) return link.refuseSubmit(sequence, -outcome)
    const { emptyId = 0, noBody = 0 } = workings.behaviour.responses
    const drawn = emptyId + noBody > 0 ? draw() : 1
    if (drawn < emptyId) link.takeWithoutId(sequence, 'empty id')
    else if (drawn < emptyId + noBody) link.takeWithoutId(sequence, 'no body')
    else link.takeSubmit(sequence, list.firstMessageId + outcome, workings.behaviour.messageId)
  }
  const reversal = createReversal<Response>(
    agenda,
    DUE.letResponsesGo,
    ({ link, sequence, outcome }) => leave(link, sequence, outcome),
  )
  const send = (link: Link, sequence: number, outcome: number): void => {
    const { reversedBy = 1 } = workings.behaviour.responses
    if (reversedBy > 1) reversal.add({ link, sequence, outcome }, reversedBy)
    else leave(link, sequence, outcome)
  }

  /** `outcome` is the number of the segment that was taken, or the command_status of a refusal, negative. */
  const respond = (link: Link, sequence: number, outcome: number): void => {
    const { responses } = workings.behaviour
    if (responses.missing > 0 && draw() < responses.missing) return
    const copies = responses.twice > 0 && draw() < responses.twice ? 2 : 1
    for (let copy = 0; copy < copies; copy++) {
      if (responses.ms + responses.spreadMs === 0) send(link, sequence, outcome)
      else agenda.add(drawDelay(responses, draw), DUE.respond, link.number, sequence, outcome)
    }
  }

  return {
    taken: respond,
    refused: (link, sequence, status) => respond(link, sequence, -status),
    onDue(linkNumber, sequence, outcome) {
      const link = links.get(linkNumber)
      if (link !== undefined) send(link, sequence, outcome)
    },
    onLetGo: reversal.onDue,
  }
}
