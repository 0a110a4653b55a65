import { createInertiaApp, router } from '@inertiajs/vue3'
import type { Page } from '@inertiajs/core'
import { createApp, h, type Component } from 'vue'
import { startTheme } from '../state/preferences'
import '../styles/tokens.css'
import '../styles/base.css'
import './account.css'
import { startI18n, useI18n } from './i18n'
import { say, trouble } from './lib/notices'
import type { Shared } from './lib/page'
import { layoutOf, pageOf } from './resolve'

const block = document.querySelector('script[data-page="app"]')
const shown = JSON.parse(block?.textContent ?? '{}') as Page<Shared>
// It would stay in the document, for who looks there after somebody has signed out.
block?.remove()

/** Browsers can encrypt the history only over https and on the same machine; elsewhere Inertia would fail. */
function adapt(page: Page): void {
  if (!globalThis.crypto?.subtle) page.encryptHistory = false
  const site = (page.props as Partial<Shared>).site
  if (site) document.documentElement.dataset.site = site
  else delete document.documentElement.dataset.site
}

startTheme()
startI18n(shown.props?.locale)
adapt(shown)

const { t } = useI18n()
router.on('beforeUpdate', (event) => adapt(event.detail.page))
router.on('networkError', (event) => {
  event.preventDefault()
  say(t('notice.network'), true)
})
router.on('httpException', (event) => {
  const { status, headers } = event.detail.response
  if (headers['x-inertia']) return // a page of ours that says what is wrong
  event.preventDefault()
  if (status === 419 || status === 401) location.reload()
  else say(t(trouble(status)), true)
})

void createInertiaApp({
  page: shown,
  // Inertia's own bar writes a style into the page, which the policy forbids: see ProgressBar.vue.
  progress: false,
  resolve: pageOf as never,
  layout: (name: string) => layoutOf(name),
  setup({ el, App, props, plugin }) {
    if (!el) return
    createApp({ render: () => h(App as Component, props) })
      .use(plugin)
      .mount(el)
  },
})
