/**
 * A run as one HTML page: what was trained on what, how it went and what came of it. The page loads
 * nothing and runs nothing, and is well-formed XML; the same tables give the same bytes.
 */
package io.sparkpeft.report;
