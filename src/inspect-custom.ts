// What console.log looks for on an object to print it.

/** The name of a method that answers what console.log and util.inspect print of an object. */
export const inspectCustom: unique symbol = Symbol.for('nodejs.util.inspect.custom')
