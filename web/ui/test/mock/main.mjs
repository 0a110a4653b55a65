import { cottage } from './cottage.mjs'
import { Homes } from './homes.mjs'
import { startMock } from './server.mjs'
import { village } from './village.mjs'

// HOME_MODE=box: the mock is the box in a house; else boxes connect to it, such as the one whose screen has the key below.
const homes = (store) => {
  const homes = new Homes(store)
  const { hub } = cottage(homes, store.user('sora'), store.user('jiho'))
  if (process.env.HOME_MODE === 'box') homes.box = hub
  return homes
}
const mock = await startMock({ port: Number(process.env.PORT ?? 8099), seed: village, homes })
process.stdout.write(`mock server: ${mock.url}\nthe screen of its hub: ${mock.url}/screen#key=MD-2041:secret-MD-2041\n`)
