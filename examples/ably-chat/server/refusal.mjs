/**
 * What a client is told when it may not, or cannot: an HTTP status and a word, for which the page has a sentence. It is written
 * as Ably's library reads errors, which asks authUrl too: without a statusCode it would not see that a 403 is final.
 */
export class Refusal extends Error {
  constructor(status, word) {
    super(word);
    this.status = status;
  }

  toJSON() { return { error: { message: this.message, statusCode: this.status, code: this.status * 100 } }; }
}
