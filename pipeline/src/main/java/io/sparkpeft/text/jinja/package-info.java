/**
 * Jinja as chat templates need it: the language of Jinja2 3.1 under the settings of transformers
 * ({@code trim_blocks}, {@code lstrip_blocks}, loop controls, the {@code generation} tag), without
 * inheritance, imports and automatic escaping.
 */
package io.sparkpeft.text.jinja;
