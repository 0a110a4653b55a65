// What the server tells every account page.

import { usePage } from '@inertiajs/vue3'
import { computed, nextTick, onMounted, watch, watchEffect, type Ref } from 'vue'

export type Site = 'admin' | 'partner' | ''

export interface User {
  id: number
  name: string
  email: string
  email_verified_at: string | null
  /** A photo, or a picture of the initials; has_profile_photo says which. */
  profile_photo_url?: string | null
  has_profile_photo?: boolean
  two_factor_enabled: boolean
}

export interface Features {
  registration?: boolean
  resetPasswords?: boolean
  emailVerification?: boolean
  updateProfileInformation?: boolean
  updatePasswords?: boolean
  twoFactorAuthentication?: boolean
  apiTokens?: boolean
  accountDeletion?: boolean
  profilePhotos?: boolean
  terms?: boolean
}

/** The props that all pages share. */
export interface Shared extends Record<string, unknown> {
  errors: Record<string, string>
  user: User | null
  locale: string
  product: string
  site: Site
  features: Features
}

/** One of somebody's sign-ins. */
export interface SignIn {
  id: string
  kind: string
  name: string
  agent: { is_desktop: boolean; platform: string | null; browser: string | null }
  ip_address: string
  is_current_device: boolean
  last_active: string | null
  connections?: number
}

export interface Token {
  id: number
  name: string
  abilities: string[]
  last_used_ago?: string | null
  last_used_at?: string | null
}

export function useShared() {
  const page = usePage<Shared>()
  return {
    page,
    user: computed(() => page.props.user),
    site: computed<Site>(() => page.props.site ?? ''),
    product: computed(() => page.props.product || 'Madang'),
    features: computed<Features>(() => page.props.features ?? {}),
    /** What the server says is wrong with a form that was sent by another page. */
    errors: computed(() => page.props.errors ?? {}),
    flash: computed(() => (page.flash ?? {}) as { status?: string; token?: string }),
  }
}

/** Keeps the document's title in step. */
export function useTitle(title: () => string): void {
  const { product } = useShared()
  watchEffect(() => {
    document.title = `${title()} · ${product.value}`
  })
}

/**
 * Moves the focus to the first field that is wrong, when there are new errors: people who do not see the page hear at once
 * what is wrong with which field.
 */
export function useErrorFocus(form: Readonly<Ref<HTMLFormElement | null>>, errors: () => unknown): void {
  watch(errors, () => void nextTick(() => form.value?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()), { deep: true })
}

/** Where the focus is when a page opens: its first field, or its heading. */
export function useFirstFocus(): void {
  onMounted(() => {
    const first = document.querySelector<HTMLElement>('main [data-first]') ?? document.querySelector<HTMLElement>('main h1')
    first?.focus({ preventScroll: true })
  })
}
