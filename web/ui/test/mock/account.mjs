// A small stand-in for the account part of the server: the routes of Fortify and Jetstream as a browser sees them, with the
// Inertia protocol, for one door of the house. One person exists; what is changed lives as long as the mock.

import { randomBytes } from 'node:crypto'
import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'

const DIST = fileURLToPath(new URL('../../../dist/', import.meta.url))
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }
export const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
const VERSION = 'mock'
const HOUR_MS = 3_600_000

export const PASSWORD = '마당에서 만나요'
export const CODE = '135790'
const QR = `<svg xmlns="http://www.w3.org/2000/svg" width="192" height="192" viewBox="0 0 29 29" shape-rendering="crispEdges"><rect width="100%" height="100%" fill="#fff"/><path fill="#000" d="${qr()}"/></svg>`

function qr() {
  let path = ''
  for (let y = 0; y < 21; y++) for (let x = 0; x < 21; x++) if ((x * 7 + y * 13 + x * y) % 5 < 2) path += `M${x + 4} ${y + 4}h1v1h-1z`
  return path
}

export async function startAccountMock({ site = '', product = '마당' } = {}) {
  const shell = readFileSync(join(DIST, 'account.html'), 'utf8')
  const prefix = site ? `${site[0].toUpperCase()}${site.slice(1)}/` : ''
  const person = newPerson()
  const sessions = new Map()
  const entered = { in: false }
  const mails = []
  /** Pages that a test asks for by a path, in whatever state it wants. */
  const shown = new Map()

  const features = () => ({
    registration: true,
    resetPasswords: true,
    emailVerification: true,
    updateProfileInformation: true,
    updatePasswords: true,
    twoFactorAuthentication: true,
    apiTokens: true,
    accountDeletion: true,
    profilePhotos: true,
    terms: true,
  })

  const http = createServer((req, res) => void answer(req, res).catch((err) => res.writeHead(500).end(String(err))))
  await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${http.address().port}`

  async function answer(req, res) {
    const { pathname, search } = new URL(req.url, url)
    const cookies = Object.fromEntries((req.headers.cookie ?? '').split(/;\s*/).map((one) => one.split('=')))
    let id = cookies.mock_session
    if (!sessions.has(id)) sessions.set((id = randomBytes(8).toString('hex')), { flash: {} })
    const session = sessions.get(id)
    if (entered.in) session.in = true
    const inertia = req.headers['x-inertia'] === 'true'
    const wantsJson = /json/.test(req.headers.accept ?? '')
    const locale = cookies.locale ?? (/^ko/.test(req.headers['accept-language'] ?? '') ? 'ko' : 'en')
    const say = (ko, en) => (locale === 'ko' ? ko : en)
    const head = { 'Cache-Control': 'no-store', 'Set-Cookie': [`mock_session=${id}; Path=/; HttpOnly`, `XSRF-TOKEN=${id}; Path=/`] }

    const page = (component, props = {}, status = 200) => {
      if (inertia && req.method === 'GET' && req.headers['x-inertia-version'] !== VERSION) return location(pathname + search)
      const { errors = {}, bag, ...flash } = session.flash
      session.flash = {}
      const all = {
        ...props,
        errors: bag ? { [bag]: errors } : errors,
        user: session.in ? person.user : null,
        locale,
        product,
        site,
        features: features(),
      }
      const object = { component: component.includes('Auth/') ? prefix + component : component, props: only(req, all), url: pathname + search, version: VERSION, flash, encryptHistory: Boolean(session.in), clearHistory: !session.in }
      const json = JSON.stringify(object).replaceAll('<', '\\u003c')
      res.writeHead(status, { ...head, Vary: 'X-Inertia', 'Content-Type': inertia ? 'application/json' : TYPES['.html'], 'Content-Security-Policy': POLICY, ...(inertia ? { 'X-Inertia': 'true' } : {}) })
      res.end(inertia ? json : shell.replace('<!--inertia-->', () => `<script type="application/json" data-page="app">${json}</script>`))
    }
    const redirect = (to, flash = {}) => {
      session.flash = flash
      res.writeHead(['PUT', 'PATCH', 'DELETE'].includes(method) ? 303 : 302, { ...head, Location: to }).end()
    }
    const location = (to) => res.writeHead(409, { ...head, 'X-Inertia-Location': to }).end()
    const json = (value, status = 200) => res.writeHead(status, { ...head, 'Content-Type': 'application/json' }).end(value === undefined ? '' : JSON.stringify(value))
    const back = () => new URL(req.headers.referer ?? url).pathname
    const invalid = (errors) =>
      wantsJson
        ? json({ message: 'invalid', errors: Object.fromEntries(Object.entries(errors).map(([key, text]) => [key, [text]])) }, 422)
        : redirect(back(), { errors, bag: req.headers['x-inertia-error-bag'] })
    const done = (status, to = back()) => (wantsJson ? json('') : redirect(to, { status }))

    const body = await bodyOf(req)
    const method = req.method === 'POST' && body._method ? body._method : req.method
    const route = `${method} ${pathname}`

    if (shown.has(pathname) && req.method === 'GET') {
      const { component, props, status, as } = shown.get(pathname)
      if (as !== undefined) session.in = as
      return page(component, props, status)
    }
    if (route === 'GET /') return inertia ? location('/') : res.writeHead(200, { ...head, 'Content-Type': TYPES['.html'] }).end('<!doctype html><title>home</title><h1>home</h1>')
    if (pathname.startsWith('/assets/') || pathname === '/favicon.svg') return file(pathname, res)
    if (route === 'GET /photo.svg') return res.writeHead(200, { 'Content-Type': TYPES['.svg'] }).end('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><rect width="8" height="8" fill="#7a9"/><circle cx="4" cy="4" r="2" fill="#fec"/></svg>')

    const wrong = say('이메일이나 비밀번호가 맞지 않습니다.', 'These credentials do not match our records.')
    const badCode = say('인증 코드가 맞지 않습니다.', 'The provided two factor authentication code was invalid.')
    const notThis = say('비밀번호가 맞지 않습니다.', 'The password is incorrect.')
    const guest = {
      'GET /login': () => page('Auth/Login', { canResetPassword: true, canRegister: true, status: session.flash.status ?? null }),
      'POST /login': () => {
        if (body.email !== person.user.email || body.password !== person.password) return invalid({ email: wrong })
        if (person.user.two_factor_enabled) {
          session.pending = true
          return redirect('/two-factor-challenge')
        }
        session.in = true
        return redirect('/')
      },
      'GET /two-factor-challenge': () => (session.pending ? page('Auth/TwoFactorChallenge') : redirect('/login')),
      'POST /two-factor-challenge': () => {
        const at = person.codes.indexOf(body.recovery_code)
        if (body.code !== CODE && at < 0) return invalid(body.recovery_code ? { recovery_code: say('복구 코드가 맞지 않습니다.', 'The provided two factor recovery code was invalid.') } : { code: badCode })
        if (at >= 0) person.codes[at] = newCode()
        session.in = true
        session.pending = false
        return redirect('/')
      },
      'GET /forgot-password': () => page('Auth/ForgotPassword', { status: session.flash.status ?? null }),
      'POST /forgot-password': () => {
        if (!/@/.test(body.email)) return invalid({ email: say('이메일이(가) 올바른 이메일 주소가 아닙니다.', 'The email must be a valid email address.') })
        mails.push({ to: body.email, link: `/reset-password/${randomBytes(6).toString('hex')}?email=${encodeURIComponent(body.email)}` })
        return redirect(back(), { status: say('비밀번호를 다시 정하는 링크를 이메일로 보냈습니다.', 'We have emailed your password reset link!') })
      },
      'POST /reset-password': () => {
        if (body.password !== body.password_confirmation) return invalid({ password: say('비밀번호이(가) 서로 다릅니다.', 'The password confirmation does not match.') })
        person.password = body.password
        return redirect('/login', { status: say('비밀번호를 새로 정했습니다.', 'Your password has been reset!') })
      },
      'GET /register': () => page('Auth/Register', { terms: true }),
      'POST /register': () => {
        const errors = {}
        if (!body.name) errors.name = say('이름을(를) 입력해 주세요.', 'The name field is required.')
        if (!/@/.test(body.email ?? '')) errors.email = say('이메일이(가) 올바른 이메일 주소가 아닙니다.', 'The email must be a valid email address.')
        if ((body.password ?? '').length < 8) errors.password = say('비밀번호은(는) 8자 이상이어야 합니다.', 'The password must be at least 8 characters.')
        if (!body.terms) errors.terms = say('이용 약관에 동의해 주세요.', 'The terms must be accepted.')
        if (Object.keys(errors).length) return invalid(errors)
        Object.assign(person, { password: body.password })
        Object.assign(person.user, { name: body.name, email: body.email, email_verified_at: null })
        session.in = true
        return redirect('/email/verify')
      },
      'GET /terms-of-service': () => page('TermsOfService', { terms: TERMS }),
      'GET /privacy-policy': () => page('PrivacyPolicy', { policy: TERMS }),
    }
    const reset = /^GET \/reset-password\/(\w+)$/.exec(route)
    if (reset) return page('Auth/ResetPassword', { token: reset[1], email: new URL(req.url, url).searchParams.get('email') })
    if (guest[route]) return guest[route]()
    if (!session.in) return wantsJson ? json({ message: 'Unauthenticated.' }, 401) : redirect('/login')

    const locked = () => Date.now() - (session.confirmed ?? 0) > HOUR_MS
    const confirmed = (work) => () => (locked() ? (wantsJson ? json({ message: 'Password confirmation required.' }, 423) : redirect('/user/confirm-password')) : work())
    const routes = {
      'POST /logout': () => {
        sessions.delete(id)
        return redirect('/login')
      },
      'GET /email/verify': () => page('Auth/VerifyEmail', { status: session.flash.status ?? null }),
      'POST /email/verification-notification': () => (wantsJson ? json('', 202) : redirect(back(), { status: 'verification-link-sent' })),
      'GET /user/profile': () => page('Profile/Show', { sessions: person.sessions, confirmsTwoFactorAuthentication: true, status: null }),
      'PUT /user/profile-information': () => {
        if (!body.name) return invalid({ name: say('이름을(를) 입력해 주세요.', 'The name field is required.') })
        Object.assign(person.user, { name: body.name, email: body.email })
        if (body.photo) Object.assign(person.user, { profile_photo_url: '/photo.svg', has_profile_photo: true })
        return done('profile-information-updated')
      },
      'DELETE /user/profile-photo': () => {
        Object.assign(person.user, { profile_photo_url: null, has_profile_photo: false })
        return redirect(back())
      },
      'PUT /user/password': () => {
        if (body.current_password !== person.password) return invalid({ current_password: say('지금 쓰는 비밀번호가 아닙니다.', 'The provided password does not match your current password.') })
        person.password = body.password
        return done('password-updated')
      },
      'GET /user/confirm-password': () => page('Auth/ConfirmPassword'),
      'POST /user/confirm-password': () => {
        if (body.password !== person.password) return invalid({ password: notThis })
        session.confirmed = Date.now()
        return wantsJson ? json('', 201) : redirect('/user/profile')
      },
      'GET /user/confirmed-password-status': () => json({ confirmed: !locked() }),
      'POST /user/two-factor-authentication': confirmed(() => done('two-factor-authentication-enabled')),
      'GET /user/two-factor-qr-code': confirmed(() => json({ svg: QR, url: 'otpauth://totp/x' })),
      'GET /user/two-factor-secret-key': confirmed(() => json({ secretKey: 'JBSWY3DPEHPK3PXP' })),
      'POST /user/confirmed-two-factor-authentication': confirmed(() => {
        if (body.code !== CODE) return invalid({ code: badCode })
        person.user.two_factor_enabled = true
        return done('two-factor-authentication-confirmed')
      }),
      'GET /user/two-factor-recovery-codes': confirmed(() => json(person.codes)),
      'POST /user/two-factor-recovery-codes': confirmed(() => {
        person.codes = newCodes()
        return done('recovery-codes-generated')
      }),
      'DELETE /user/two-factor-authentication': confirmed(() => {
        person.user.two_factor_enabled = false
        return done('two-factor-authentication-disabled')
      }),
      'DELETE /user/other-browser-sessions': () => {
        if (body.password !== person.password) return invalid({ password: notThis })
        person.sessions = person.sessions.filter((one) => one.is_current_device || one.kind === 'api_token')
        return redirect(back())
      },
      'DELETE /user': () => (body.password === person.password ? location('/') : invalid({ password: notThis })),
      'GET /user/api-tokens': () => page('API/Index', { tokens: person.tokens, availablePermissions: ['create', 'read', 'update', 'delete'], defaultPermissions: ['read'] }),
      'POST /user/api-tokens': () => {
        if (!body.name) return invalid({ name: say('이름을(를) 입력해 주세요.', 'The name field is required.') })
        person.tokens.push({ id: person.tokens.length + 1, name: body.name, abilities: body.permissions, last_used_ago: null })
        return redirect(back(), { token: `3|${randomBytes(20).toString('hex')}` })
      },
    }
    const one = /^(PUT|DELETE) \/user\/api-tokens\/(\d+)$/.exec(route)
    if (one) {
      const at = person.tokens.findIndex((token) => token.id === Number(one[2]))
      if (one[1] === 'DELETE') person.tokens.splice(at, 1)
      else person.tokens[at].abilities = body.permissions
      return redirect(back())
    }
    const signIn = /^DELETE \/user\/browser-sessions\/(.+)$/.exec(route)
    if (signIn) {
      person.sessions = person.sessions.filter(({ id }) => id !== decodeURIComponent(signIn[1]))
      return redirect(back())
    }
    return routes[route] ? routes[route]() : page('Error', { status: 404, message: 'Not Found' }, 404)
  }

  /** Whoever comes without a session is in from now on; or has confirmed the password, or not any more. */
  const enter = () => (entered.in = true)
  const confirm = (at = Date.now()) => {
    for (const session of sessions.values()) session.confirmed = at
  }
  const forget = () => confirm(0)

  return { url, person, mails, shown, enter, confirm, forget, close: () => new Promise((resolve) => http.close(resolve).closeAllConnections()) }
}

function newPerson() {
  const ago = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString()
  return {
    password: PASSWORD,
    codes: newCodes(),
    user: { id: 1, name: '김하늘', email: 'haneul@example.com', email_verified_at: ago(9000), profile_photo_url: null, two_factor_enabled: false },
    sessions: [
      { id: 'session:a', kind: 'session', name: '', agent: { is_desktop: true, platform: 'macOS', browser: 'Safari' }, ip_address: '203.0.113.7', is_current_device: true, last_active: ago(0) },
      { id: 'session:b', kind: 'session', name: '', agent: { is_desktop: false, platform: 'Android', browser: 'Chrome' }, ip_address: '198.51.100.24', is_current_device: false, last_active: ago(184) },
      { id: 'tokens:c', kind: 'tokens', name: '', agent: { is_desktop: false, platform: 'iOS', browser: null }, ip_address: '2001:db8::42', is_current_device: false, last_active: ago(3000) },
      { id: 'api_token:1', kind: 'api_token', name: '재고 연동', agent: { is_desktop: false, platform: null, browser: null }, ip_address: '', is_current_device: false, last_active: null },
    ],
    tokens: [
      { id: 1, name: '재고 연동', abilities: ['read', 'update'], last_used_ago: null },
      { id: 2, name: '주문 알림', abilities: ['read'], last_used_ago: ago(52) },
    ],
  }
}

const newCode = () => randomBytes(10).toString('hex').replace(/^(.{10})/, '$1-')
const newCodes = () => Array.from({ length: 8 }, newCode)

const TERMS = '<h2>제1조 (목적)</h2><p>이 약관은 <a href="/">마당</a> 서비스를 쓰는 데 필요한 내용을 정합니다.</p><ul><li>누구나 읽을 수 있습니다.</li><li>바뀌면 미리 알립니다.</li></ul><h2>제2조 (정의)</h2><p>서비스는 모두의 문이 향하는 곳입니다.</p>'

/** The part of the props that a partial reload asks for. */
function only(req, props) {
  const list = req.headers['x-inertia-partial-data']?.split(',')
  return list ? Object.fromEntries(Object.entries(props).filter(([key]) => key === 'errors' || list.includes(key))) : props
}

async function bodyOf(req) {
  const chunks = []
  for await (const chunk of req) chunks.push(chunk)
  const raw = Buffer.concat(chunks)
  if (!raw.length) return {}
  const type = req.headers['content-type'] ?? ''
  if (type.includes('json')) return JSON.parse(raw.toString())
  const form = await new Response(raw, { headers: { 'Content-Type': type } }).formData()
  return Object.fromEntries(form)
}

function file(pathname, res) {
  const path = normalize(join(DIST, pathname))
  if (!path.startsWith(DIST) || !existsSync(path)) return res.writeHead(404).end()
  res.writeHead(200, { 'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream' })
  createReadStream(path).pipe(res)
}
