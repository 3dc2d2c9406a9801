package io.sparkpeft.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;

/** A trained adapter that was saved. */
public final class Finetuned extends RunResult {
  Finetuned(ObjectNode json, boolean reused) {
    super(json, reused);
  }

  /** Where PEFT's files are: a folder's path, or its address in an object store. */
  public String adapterLocation() {
    return text("adapter_path");
  }

  /** The folder of PEFT's files on this machine. */
  public Path adapterPath() {
    return Path.of(text("adapter_path"));
  }

  /** The hash of its adapter_model.safetensors. */
  public String adapterSha256() {
    return text("adapter_sha256");
  }

  /** The page about the run as it stood then: one HTML file that needs nothing beside it. */
  public Path reportPath() {
    return Path.of(text("output_path"), Reporting.PAGE);
  }

  public long trainableParameters() {
    return count("trainable_parameters");
  }

  /** Mean negative log-likelihood of the first step's targets, in nats. */
  public double lossFirst() {
    return number("loss_first");
  }

  /** The same of the last step's. */
  public double lossLast() {
    return number("loss_last");
  }

  /** Optimizer steps. */
  public long steps() {
    return count("steps");
  }

  /** Real tokens (no padding) per second of training, after the third step. */
  public double tokensPerSecond() {
    return number("tokens_per_second");
  }

  /** Attempts that it took; more than one after a lost executor. */
  public int attempts() {
    return (int) count("attempts");
  }

  /** The step that the last attempt went on from; 0 for the beginning. */
  public long resumedFromStep() {
    return count("resumed_from_step");
  }
}
