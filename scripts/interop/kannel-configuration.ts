interface Places {
  readonly adminPort: number
  readonly smsboxPort: number
  readonly httpPort: number
  /** Asked for each text that comes in. */
  readonly serviceUrl: string
  /** Ports of the message centres: one bind each way together, and one for each way. */
  readonly both: number
  readonly pair: number
}

/**
 * bearerbox and smsbox with two message centres; Kannel takes a transmitter and a receiver for two of one name.
 * `msg-id-type` 1: ids are hexadecimal in submit_sm_resp and decimal
 * in receipts.
 */
export function kannelConfiguration(at: Places): string {
  return `
group = core
admin-port = ${at.adminPort}
admin-interface = 127.0.0.1
admin-password = secret
smsbox-port = ${at.smsboxPort}
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1
dlr-storage = internal

${messageCentre('Both', `port = ${at.both}\ntransceiver-mode = true`)}

${messageCentre('Pair', `port = ${at.pair}\nmsg-id-type = 0x01`)}

${messageCentre('Pair', `receive-port = ${at.pair}\nmsg-id-type = 0x01`)}

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = ${at.httpPort}
sendsms-interface = 127.0.0.1
global-sender = 72345
mo-recode = true

group = sendsms-user
username = interop
password = secret
concatenation = true
max-messages = 10

group = sms-service
keyword = default
catch-all = true
get-url = "${at.serviceUrl}?from=%p&to=%P&text=%b"
omit-empty = true
max-messages = 0
`
}

const messageCentre = (id: string, bind: string) => `group = smsc
smsc = smpp
smsc-id = ${id}
allowed-smsc-id = ${id}
host = 127.0.0.1
smsc-username = kannel
smsc-password = secret
system-type = ""
enquire-link-interval = 1
reconnect-delay = 1
${bind}`
