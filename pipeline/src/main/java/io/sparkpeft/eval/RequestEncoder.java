package io.sparkpeft.eval;

import java.util.Arrays;

/**
 * Turns requests into tokens by lm-eval's rules (TemplateLM._encode_pair and
 * HFLM._loglikelihood_tokens of 0.4.13):
 *
 * <ol>
 *   <li>White space at the context's end moves to the front of the continuation.
 *   <li>Context and whole text are both encoded with the tokenizer's default special tokens (not if
 *       the text begins with the prefix token's own text); what the whole has beyond the context's
 *       length is the continuation. It follows the context's own tokens, even where the tokenizer
 *       joins the two differently in the whole text.
 *   <li>An empty context is the prefix token, unless the continuation begins with it.
 *   <li>Of the tokens the last {@code maxLength + 1} are kept: inputs and the last target.
 * </ol>
 */
public final class RequestEncoder {
  private final TextEncoder encoder;
  private final int prefixToken;
  private final String prefixText;
  private final int maxLength;

  /**
   * @param prefixToken the token that an empty context is replaced by: BOS, without one EOS
   * @param prefixText that token as text
   * @param maxLength the most tokens that the model takes as input
   */
  public RequestEncoder(TextEncoder encoder, int prefixToken, String prefixText, int maxLength) {
    this.encoder = encoder;
    this.prefixToken = prefixToken;
    this.prefixText = prefixText;
    this.maxLength = maxLength;
  }

  /**
   * @throws io.sparkpeft.base.SparkPeftException (65) if the continuation has no token, or more
   *     than the model's length
   */
  public TokenizedRequest encode(Request request) {
    return request.context().isEmpty() ? encodeBare(request) : encodePair(request);
  }

  private TokenizedRequest encodeBare(Request request) {
    int[] continuation = encoder.encode(request.continuation(), false);
    if (continuation.length > 0 && continuation[0] == prefixToken) {
      return cut(request, continuation, 1);
    }
    int[] tokens = new int[continuation.length + 1];
    tokens[0] = prefixToken;
    System.arraycopy(continuation, 0, tokens, 1, continuation.length);
    return cut(request, tokens, 1);
  }

  private TokenizedRequest encodePair(Request request) {
    String context = PythonText.stripRight(request.context());
    int[] contextTokens = encodeText(context);
    int[] tokens = encodeText(request.context() + request.continuation());
    System.arraycopy(contextTokens, 0, tokens, 0, Math.min(contextTokens.length, tokens.length));
    return cut(request, tokens, contextTokens.length);
  }

  private int[] encodeText(String text) {
    return encoder.encode(text, !text.startsWith(prefixText));
  }

  private TokenizedRequest cut(Request request, int[] tokens, int contextTokens) {
    int continuationTokens = tokens.length - contextTokens;
    if (continuationTokens < 1) {
      throw EvalErrors.emptyContinuation(request);
    }
    if (continuationTokens > maxLength) {
      throw EvalErrors.continuationTooLong(request, continuationTokens, maxLength);
    }
    int cutTokens = Math.max(0, tokens.length - (maxLength + 1));
    return new TokenizedRequest(
        Arrays.copyOfRange(tokens, cutTokens, tokens.length),
        contextTokens - cutTokens,
        contextTokens,
        cutTokens);
  }
}
