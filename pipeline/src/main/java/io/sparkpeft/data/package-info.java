/** Tokenized examples: their file, their order, their batches and their counts. */
package io.sparkpeft.data;
