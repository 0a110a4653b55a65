// Which component shows a page, by the names that Jetstream has for them.

import type { Component } from 'vue'
import GateLayout from './components/GateLayout.vue'
import HouseLayout from './components/HouseLayout.vue'
import PaperLayout from './components/PaperLayout.vue'
import ConfirmPassword from './pages/ConfirmPassword.vue'
import ErrorPage from './pages/ErrorPage.vue'
import ForgotPassword from './pages/ForgotPassword.vue'
import LinkDone from './pages/LinkDone.vue'
import LoginPage from './pages/LoginPage.vue'
import RegisterPage from './pages/RegisterPage.vue'
import ResetPassword from './pages/ResetPassword.vue'
import TwoFactorChallenge from './pages/TwoFactorChallenge.vue'
import VerifyEmail from './pages/VerifyEmail.vue'
import VerifyUser from './pages/VerifyUser.vue'

type Found = Component | (() => Promise<{ default: Component }>)

const pages: Record<string, Found> = {
  'Auth/Login': LoginPage,
  'Auth/ForgotPassword': ForgotPassword,
  'Auth/ResetPassword': ResetPassword,
  'Auth/Register': RegisterPage,
  'Auth/VerifyEmail': VerifyEmail,
  'Auth/VerifyUser': VerifyUser,
  'Auth/LinkDone': LinkDone,
  'Auth/TwoFactorChallenge': TwoFactorChallenge,
  'Auth/ConfirmPassword': ConfirmPassword,
  'Profile/Show': () => import('./pages/ProfilePage.vue'),
  'API/Index': () => import('./pages/TokensPage.vue'),
  TermsOfService: () => import('./pages/PaperPage.vue'),
  PrivacyPolicy: () => import('./pages/PaperPage.vue'),
  Error: ErrorPage,
}

/** The name without the door it belongs to: every door has the same pages, in its own colour. */
export function plainName(name: string): string {
  return name.replace(/^(Admin|Partner)\//, '')
}

export function pageOf(name: string): Component | Promise<Component> {
  const found = pages[plainName(name)] ?? ErrorPage
  return typeof found === 'function' ? (found as () => Promise<{ default: Component }>)().then((module) => module.default) : found
}

export function layoutOf(name: string): Component {
  const plain = plainName(name)
  if (plain === 'Profile/Show' || plain === 'API/Index') return HouseLayout
  if (plain === 'TermsOfService' || plain === 'PrivacyPolicy') return PaperLayout
  return GateLayout
}
