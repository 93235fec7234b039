/** What is an emergency number, as the bridge lists them. */

/** @param {string} typed What a person typed, without what only separates digits. */
export const bare = (typed) => typed.replace(/[\s()./-]/g, "");

/**
 * @param {string} typed
 * @param {readonly string[]} numbers
 */
export const isEmergency = (typed, numbers) => numbers.includes(bare(typed));
