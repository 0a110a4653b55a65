import { defineConfig } from 'vitest/config'
import vue from '@vitejs/plugin-vue'

// Where the development server finds a Madang server (or the mock in test/mock).
const backend = process.env.BACKEND ?? 'http://127.0.0.1:8099'

export default defineConfig({
  plugins: [vue()],
  // Relative addresses: the page works below any path it is mounted at.
  base: './',
  experimental: {
    // But pages that the server makes are at many paths, always of the host's root.
    renderBuiltUrl: (filename, { hostType, hostId }) =>
      hostType === 'html' && !/(index|home|screen|device)\.html$/.test(hostId) ? `/${filename}` : { relative: true },
  },
  // The page has no component in the options style.
  define: { __VUE_OPTIONS_API__: 'false' },
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    // Each page loads what it needs: the chat, the account pages, those of devices.
    rolldownOptions: {
      input: ['index.html', 'account.html', 'download.html', 'mail.html', 'home.html', 'screen.html', 'device.html'],
      // What several have is one file, not one for each component: what all of them need, what those need that stay connected, and
      // what those have of devices.
      output: {
        codeSplitting: {
          groups: [
            { name: 'base', test: /\/(@?vue\/|src\/(components\/(App\w+|ModalDialog)|lib\/(format|texts)|state\/preferences|styles))/, minShareCount: 2, priority: 3 },
            { name: 'live', test: /\/((socket|engine)\.io|src\/(components|i18n|lib|state)\/)/, minShareCount: 2, priority: 2 },
            { name: 'devices', test: /\/src\/home\//, minShareCount: 2, priority: 1 },
          ],
        },
      },
    },
    sourcemap: false,
    // What is bundled goes out with its licences.
    license: { fileName: 'licenses.md' },
    // No polyfill: it would be an inline-like extra for browsers that the targets below leave out anyway.
    modulePreload: { polyfill: false },
    // A strict Content-Security-Policy has no data: addresses.
    assetsInlineLimit: 0,
    // The first versions with light-dark() in CSS.
    target: ['chrome123', 'firefox125', 'safari17.5'],
  },
  server: {
    host: '127.0.0.1',
    proxy: {
      '/v1': backend,
      '/dev/session': backend,
      '/code': backend,
      '/oauth': backend,
      '/socket.io': { target: backend, ws: true },
    },
  },
  test: { include: ['test/unit/**/*.test.ts'] },
})
