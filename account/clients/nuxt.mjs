// The least of a Nuxt 4 that nuxt-auth-sanctum asks for.
const states = new Map();
const hooks = new Map();
const settings = { public: {} };
const route = { path: '/login', query: {}, fullPath: '/login' };

export const app = {
	$sanctumClient: undefined,
	visited: [],
	hook: (name, f) => void hooks.set(name, f),
	callHook: async (name, ...args) => hooks.get(name)?.(...args),
	runWithContext: (f) => f(),
};

// begin is a page that is opened: nothing is left of what came before, and the module is set as in nuxt.config.js.
export const begin = async (plugin, sanctum) => {
	for (const all of [states, hooks]) all.clear();
	app.visited = [];
	settings.public.sanctum = sanctum;
	Object.assign(app, Object.fromEntries(Object.entries((await plugin.setup(app)).provide).map(([name, value]) => [`$${name}`, value])));
	await app.callHook('page:loading:start');
};

const cookie = (name) => {
	const found = document.cookie.split('; ').find((c) => c.startsWith(`${name}=`));
	return found && decodeURIComponent(found.slice(name.length + 1));
};

export const defineNuxtPlugin = (plugin) => plugin;
export const useNuxtApp = () => app;
export const useRuntimeConfig = () => settings;
export const useAppConfig = () => ({});
export const updateAppConfig = () => {};
export const useRoute = () => route;
export const useRouter = () => ({ currentRoute: { value: route }, resolve: (to) => ({ fullPath: to.path }) });
export const useRequestURL = () => new URL(location.href);
export const useRequestHeaders = () => ({});
export const useRequestEvent = () => undefined;
export const navigateTo = (to) => void app.visited.push(to);
export const createUseFetch = () => undefined;
export const refreshCookie = () => {};
export const useCookie = (name) => ({ value: cookie(name) }); // read with each call
export const useState = (name, make) => {
	if (!states.has(name)) states.set(name, { value: make() });
	return states.get(name);
};
