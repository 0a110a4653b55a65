// The real laravel-echo-server, in a process of its own, because some requests end it.
process.on("disconnect", () => process.exit())
require("laravel-echo-server")
  .run(JSON.parse(process.env.LES_OPTIONS))
  .then(() => process.send("ready"))
