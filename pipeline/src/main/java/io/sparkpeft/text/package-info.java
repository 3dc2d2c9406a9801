/**
 * Text and tokens: tokenizers, prompt and chat templates, and which tokens a model is to predict.
 */
package io.sparkpeft.text;
