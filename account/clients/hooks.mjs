// Where NuxtJS's own names lead: "#app" and "#imports" are made by its builder.
export const resolve = (name, context, next) =>
	name === '#app' || name === '#imports' ? { url: new URL('nuxt.mjs', import.meta.url).href, shortCircuit: true } : next(name, context);
