import { openCarrier } from '../../src/carriers/open.ts'
import { encodeText } from '../../src/encoding/segments.ts'

// Sends one message over TLS to the host and port given and prints its outcome. A process of its own, for Node
// reads whom to trust only when it starts.
const carrier = openCarrier({
  id: '0',
  name: 'TLS',
  protocol: 'smpp',
  segmentsPerSecond: 1,
  window: 1,
  binds: 1,
  sourceAddress: '72345',
  routes: [],
  smpp: {
    host: process.argv[2]!,
    port: Number(process.argv[3]),
    systemId: 'north',
    password: 'secret',
    systemType: '',
    bindType: 'transceiver',
    tls: true,
    enquireLinkMs: 10_000,
    responseTimeoutMs: 5_000,
  },
})
const text = encodeText('Flash flood')
const ignore = () => undefined
await carrier.open(
  {
    outcome(_ref, outcome) {
      process.stdout.write(JSON.stringify(outcome))
      void carrier.close(AbortSignal.timeout(1_000))
    },
    receipt: ignore,
    reply: ignore,
    room: ignore,
    state: ignore,
  },
  AbortSignal.timeout(10_000),
)
carrier.submit({ to: '+15550000001', text, expiresAt: Date.now() + 60_000 }, 1)
