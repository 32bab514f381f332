// Builds the library: the scripts for a page, and the module of the npm package with its types.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { minify } from 'terser'
import { build } from 'vite'

// Nearly all of it runs at the start, and Chromium then compiles it while it is
// fetched instead of on the main thread: 14 ms of a phone's (156, 4x throttled).
const COMPILE_HINT = '//# allFunctionsCalledOnLoad'

const NOTICE = '/*! Footfall, MIT; web-vitals, Google LLC, Apache-2.0 */'

/** Brotli bytes that a page may have to load before it is its turn. */
const MOST = { 'tracking.js': 8_192, 'pageviews.js': 2_560 }

const here = import.meta.dirname
const dist = join(here, 'dist')
const sourceOf = (name) => join(here, 'js', name)

async function bundle(entry, format, { define, plugins } = {}) {
  const [{ output }] = await build({
    configFile: false,
    root: here,
    logLevel: 'warn',
    define,
    plugins,
    build: {
      write: false,
      target: 'es2022',
      minify: false,
      lib: { entry: sourceOf(entry), formats: [format], name: 'footfallScript' },
    },
  })
  return output[0].code
}

/** Ways to write the same, of which now one and now another is some 50 bytes smaller when compressed. */
const WAYS = [2, 5, 3, 4, 6, 8].flatMap((passes) =>
  [true, false].map((comparisons) => ({ passes, comparisons })),
)

/** The first way that fits. Vite's own minifier leaves 5 % more. Shorter names for properties would save 39 bytes of 12 000, and are not safe. */
async function write(fileName, source, preamble = '', variantsOf = (code) => [code]) {
  const most = MOST[fileName] ?? Number.POSITIVE_INFINITY
  const sizes = []
  for (const way of WAYS) {
    const { code } = await minify(source, {
      ecma: 2022,
      module: true,
      compress: {
        ...way,
        keep_fargs: false,
        pure_getters: true,
        unsafe_arrows: true,
        unsafe_comps: true,
        unsafe_math: true,
        unsafe_methods: true,
      },
      format: { comments: false, preamble },
    })
    for (const variant of variantsOf(code)) {
      sizes.push(brotliCompressSync(variant).length)
      if (sizes.at(-1) > most) continue
      writeFileSync(join(dist, fileName), variant)
      return variant
    }
  }
  throw new Error(
    `${fileName} has ${Math.min(...sizes)} bytes of brotli, of ${most} that it may have`,
  )
}

/**
 * In place of what the second file shares with the first, takes it from `shared`,
 * which the first file calls it with: js/shared.ts has the list.
 */
const takesShared = () => {
  const source = readFileSync(sourceOf('shared.ts'), 'utf8')
  const order = /SHARED = \[([^\]]*)\]/
    .exec(source)[1]
    .split(',')
    .map((name) => name.trim())
  const modules = new Map(
    Array.from(source.matchAll(/import \{ (.*) \} from '(.*)'/g), ([, names, path]) => [
      resolve(here, 'js', path),
      names.split(', '),
    ]),
  )
  return {
    name: 'takes-shared',
    enforce: 'pre',
    load(id) {
      const names = modules.get(id)
      return names
        ?.map((name) => `export const ${name} = shared[${order.indexOf(name)}]`)
        .join('\n')
    },
  }
}

rmSync(dist, { recursive: true, force: true })
mkdirSync(dist)

const late = await bundle('late.ts', 'es', { plugins: [takesShared()] })
const features = await write(
  'features.js',
  `export default (shared, ...given) => {${late.replace(/export \{ (\w+) as default \};?\s*$/, '$1(shared, ...given)')}}`,
  NOTICE,
)
const script = await bundle('script.ts', 'iife', {
  define: { FEATURES_VERSION: '"FEATURES_VERSION"', FEATURES_INTEGRITY: '"FEATURES_INTEGRITY"' },
})

/**
 * With what finds the features: their digest, which compresses in up to 50 bytes
 * more or less. A number at the end of features.js makes it another.
 */
function* withDigest(code) {
  for (let number = 0; number < 96; number++) {
    const numbered = `${features}//${number}`
    const digest = createHash('sha256').update(numbered).digest()
    writeFileSync(join(dist, 'features.js'), numbered) // the last one stands
    yield code
      .replace('FEATURES_VERSION', digest.toString('hex').slice(0, 12))
      .replace('FEATURES_INTEGRITY', `sha256-${digest.toString('base64')}`)
  }
}
await write('tracking.js', script, COMPILE_HINT, withDigest)
await write('pageviews.js', await bundle('pageviews.ts', 'iife'))
// A server that renders pages imports the package, too, and has none of these.
const ON_A_SERVER =
  'const { Element = class {}, Node = class {}, document = new EventTarget() } = globalThis\n'
await write('footfall.mjs', ON_A_SERVER + (await bundle('package.ts', 'es')), NOTICE)

execFileSync(
  process.execPath,
  [
    join(here, '../node_modules/typescript/bin/tsc'),
    ...['--ignoreConfig', '--declaration', '--emitDeclarationOnly', '--skipLibCheck', '--strict'],
    ...['--rewriteRelativeImportExtensions', '--rootDir', join(here, '..')],
    ...['--outDir', join(dist, 'types'), '--target', 'esnext', '--module', 'nodenext'],
    ...['--types', '', '--lib', 'esnext,dom,dom.iterable'],
    sourceOf('package.ts'),
  ],
  { stdio: 'inherit' },
)
