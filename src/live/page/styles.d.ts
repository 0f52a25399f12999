// The bundler takes styles as they are.
declare module '*.css'
