/**
 * Frozen weights in four bits: codes, blocks, the scales of blocks in eight bits, and their files.
 */
package io.sparkpeft.quant;
