import { startProduct } from './product.ts'
import { visits } from './visits.ts'

visits(async () => {
  const product = await startProduct()
  return {
    url: product.url,
    env: { DATA_DIR: product.dataDir },
    signInLink: async () => product.signInLink(),
    close: async () => {
      await product.stop()
      await product.remove()
    },
  }
})
