// Waiting.
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// within is a promise that fails when nothing comes of it in time.
export const within = (ms, promise) => {
	let timer;
	const end = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error('no answer in time')), ms)));
	return Promise.race([promise, end]).finally(() => clearTimeout(timer));
};

// A gate is something to wait at while it is closed.
export class Gate {
	waiting = [];
	isOpen = false;

	open() {
		this.isOpen = true;
		for (const go of this.waiting.splice(0)) go();
	}

	close() {
		this.isOpen = false;
	}

	// pass resolves when it is open, or after a time.
	pass(ms) {
		if (this.isOpen) return Promise.resolve();
		return within(ms, new Promise((go) => this.waiting.push(go))).catch(() => {});
	}
}
