/** Tensors out of what torch.save writes, without running anything that the file says. */
package io.sparkpeft.weights.torch;
