// What the programs share.
import { pathToFileURL } from "node:url";

/** patience is how long an answer may take, in milliseconds. */
export const patience = 15_000;

/** log prints a line. */
export const log = (line) => console.log(line);

/** isMain says whether a module is the program that was started. */
export const isMain = (meta) => meta.url === pathToFileURL(process.argv[1]).href;
