package io.sparkpeft.spark.eval;

import io.sparkpeft.model.Sampling;
import io.sparkpeft.quant.Quantization;
import io.sparkpeft.text.StopStrings;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How to answer prompts.
 *
 * @param model folder of the base model, visible to all executors
 * @param adapter folder of an adapter to apply to it, or of several beside each other
 * @param adapterColumn column of a table of prompts that names the adapter of each row, see {@link
 *     AdapterNames}
 * @param dtype the arithmetic's type: auto (the weights' own), float32 or bfloat16
 * @param quantization of the base on load; empty for as it is stored
 * @param raw whether prompts are taken as they are, after BOS, without a template
 * @param template data.template's value: auto, none, a name or a file; unused if raw
 * @param maxNewTokens the most tokens of an answer
 * @param sampling how tokens are chosen; empty for the likeliest
 * @param stop texts that end an answer
 * @param batchSize how many prompts the model continues at once
 */
public record GenerateSettings(
    Path model,
    Optional<Path> adapter,
    Optional<String> adapterColumn,
    String dtype,
    Optional<Quantization> quantization,
    boolean raw,
    String template,
    int maxNewTokens,
    Optional<Sampling> sampling,
    StopStrings stop,
    int batchSize) {}
