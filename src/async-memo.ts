// Things that take time to create and are wanted more than once.

/** What was created for each key, or is being created. A creation that failed is tried again when it is next asked for. */
export class AsyncMemo<Key, Value> {
  readonly #values = new Map<Key, Promise<Value>>();

  /** The value of the key, created unless it is there. */
  get(key: Key, create: () => Promise<Value>): Promise<Value> {
    let value = this.#values.get(key);
    if (!value) {
      value = create();
      this.#values.set(key, value);
      value.catch(() => {
        if (this.#values.get(key) === value) this.#values.delete(key);
      });
    }
    return value;
  }

  set(key: Key, value: Value): void {
    this.#values.set(key, Promise.resolve(value));
  }

  /** Forgets everything and gives what had come to be. */
  async drain(): Promise<Value[]> {
    const values = [...this.#values.values()];
    this.#values.clear();
    const settled = await Promise.allSettled(values);
    return settled.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  }
}
