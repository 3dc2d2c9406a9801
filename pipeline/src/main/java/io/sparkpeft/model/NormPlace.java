package io.sparkpeft.model;

/** Where a decoder layer may have a norm. */
enum NormPlace {
  /** Before attention; after it and its residual where norms come last. */
  ATTENTION,

  /** Of what attention adds to the residual stream. */
  ATTENTION_RESULT,

  /** Before the MLP; after it and its residual where norms come last. */
  MLP,

  /** Of what the MLP adds to the residual stream. */
  MLP_RESULT,

  /** Of each head's query. */
  QUERY,

  /** Of each head's key. */
  KEY
}
