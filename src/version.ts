// The package's version: package.json's, which a bundle does not have beside it. test/package compares them.

export const packageVersion = '0.1.0'
