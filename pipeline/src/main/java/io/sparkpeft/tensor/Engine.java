package io.sparkpeft.tensor;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import io.sparkpeft.base.BaseErrors;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Starts libtorch and readies threads for it. */
public final class Engine {
  private static final String NAME = "PyTorch";
  private static boolean started;

  private Engine() {}

  /**
   * Loads libtorch; later calls do nothing. Nothing is sent over the network. The first load on a
   * host unpacks 450 MB into DJL's cache, one process at a time; where PYTORCH_LIBRARY_PATH names a
   * folder with a libtorch, that one is taken.
   *
   * @throws io.sparkpeft.base.SparkPeftException (66) if that folder holds none, (78) if it does
   *     not fit, (73) if the cache cannot be written
   */
  public static synchronized void start() {
    if (started) {
      return;
    }
    stayOffline();
    LibTorchFolder.named().ifPresent(Engine::take);
    Path cache = cache();
    try {
      Files.createDirectories(cache);
      try (FileChannel channel =
              FileChannel.open(
                  cache.resolve("spark-peft.lock"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE);
          FileLock lock = channel.lock()) {
        load();
        started = lock.isValid();
      }
    } catch (IOException e) {
      throw BaseErrors.cannotWrite(cache, e);
    }
  }

  /**
   * To be called by every thread before its first tensor: one intra-op thread (results must not
   * depend on how many there are), no graph optimiser, no autograd. All three belong to the thread.
   */
  public static void prepareThread() {
    start();
    JniUtils.setNumThreads(1);
    JniUtils.setGraphExecutorOptimize(false);
    JniUtils.setGradMode(false);
  }

  /** A root of tensors' lives: closing it frees all that was made in it. */
  public static NDManager newManager(Device device) {
    start();
    return NDManager.newBaseManager(device, NAME);
  }

  private static void take(LibTorchFolder folder) {
    folder.check();
    folder.configure();
  }

  /** DJL would otherwise report its use and look for downloads. */
  private static void stayOffline() {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
  }

  private static void load() {
    try {
      ai.djl.engine.Engine.getEngine(NAME);
    } catch (RuntimeException e) {
      throw TensorErrors.engineDoesNotStart(e);
    }
  }

  private static Path cache() {
    return ai.djl.util.Utils.getEngineCacheDir();
  }
}
