import { join } from 'node:path'
import { defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2020',
    lib: {
      entry: join(import.meta.dirname, 'js/main.ts'),
      formats: ['iife'],
      name: 'footfallScript',
      fileName: () => 'tracking.js',
    },
  },
})
