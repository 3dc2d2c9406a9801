/** Checkpoints in other layouts than Hugging Face's, to Hugging Face's and PEFT's. */
package io.sparkpeft.convert;
