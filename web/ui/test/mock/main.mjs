import { startMock } from './server.mjs'
import { village } from './village.mjs'

const mock = await startMock({ port: Number(process.env.PORT ?? 8099), seed: village })
process.stdout.write(`mock server: ${mock.url}\n`)
