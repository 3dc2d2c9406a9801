package io.sparkpeft.spark.eval;

import io.sparkpeft.tensor.Engine;
import java.util.HashMap;
import java.util.Map;

/**
 * The models of this executor, each loaded once and shared by all tasks that run here. The last
 * task to leave frees it, so that nothing stays in memory after the job.
 */
final class SharedModel implements AutoCloseable {
  private static final Map<ModelSpec, SharedModel> IN_USE = new HashMap<>();

  private final ModelSpec spec;
  private final LoadedModel model;
  private int users;

  private SharedModel(ModelSpec spec) {
    this.spec = spec;
    this.model = LoadedModel.load(spec);
  }

  /** Readies the calling thread for tensors and joins the model's users; close to leave. */
  static SharedModel enter(ModelSpec spec) {
    Engine.prepareThread();
    synchronized (IN_USE) {
      SharedModel shared = IN_USE.get(spec);
      if (shared == null) {
        shared = new SharedModel(spec);
        IN_USE.put(spec, shared);
      }
      shared.users++;
      return shared;
    }
  }

  LoadedModel model() {
    return model;
  }

  @Override
  public void close() {
    synchronized (IN_USE) {
      users--;
      if (users == 0) {
        IN_USE.remove(spec);
        model.close();
      }
    }
  }
}
