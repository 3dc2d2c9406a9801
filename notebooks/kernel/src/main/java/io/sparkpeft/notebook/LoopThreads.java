package io.sparkpeft.notebook;

import java.lang.reflect.Field;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rapaio.jupyter.kernel.channels.Channels;
import org.rapaio.jupyter.kernel.channels.LoopThread;
import org.rapaio.jupyter.kernel.core.RapaioKernel;

/**
 * The threads that serve a kernel's channels: started with care, and kept alive.
 *
 * <p>Two races of rapaio-jupyter-kernel 2.3.0 are met here. {@link LoopThread#start} starts the
 * thread first and lets it run only then: a thread that is quick sees that it must not run, and
 * ends. And {@link Channels#connect} listens first and sets its handlers then: a message that comes
 * early is lost, or ends its thread. Jupyter then waits for an answer that nobody gives.
 */
final class LoopThreads {
  private static final List<String> CHANNELS = List.of("heartbeat", "shell", "control");
  private static final String THREAD = "loopThread";

  private final Channels channels;
  private final Map<String, Object> byName = new LinkedHashMap<>();

  /**
   * @throws io.sparkpeft.base.SparkPeftException (70) if the kernel has no such threads
   */
  LoopThreads(Channels channels) {
    this.channels = channels;
    try {
      for (String name : CHANNELS) {
        byName.put(name, field(channels.getClass(), name).get(channels));
      }
    } catch (ReflectiveOperationException e) {
      throw NotebookErrors.otherKernel(e);
    }
  }

  /** Starts them; a channel reads under its own lock, so none does before all have handlers. */
  void connect(RapaioKernel kernel) {
    synchronized (byName.get("shell")) {
      synchronized (byName.get("control")) {
        channels.connect(kernel);
      }
    }
  }

  /**
   * Puts a new thread in the place of each that has ended.
   *
   * @return how many
   */
  int revive() {
    int revived = 0;
    try {
      for (Object channel : byName.values()) {
        Field place = field(channel.getClass(), THREAD);
        if (place.get(channel) instanceof LoopThread thread && !thread.isAlive()) {
          LoopThread successor = successor(thread);
          place.set(channel, successor);
          successor.start();
          revived++;
        }
      }
    } catch (ReflectiveOperationException e) {
      throw NotebookErrors.otherKernel(e);
    }
    return revived;
  }

  /** It may run before it starts. */
  private static LoopThread successor(LoopThread dead) throws ReflectiveOperationException {
    Runnable body = (Runnable) field(LoopThread.class, "loopBody").get(dead);
    long sleepMillis = field(LoopThread.class, "sleep").getLong(dead);
    LoopThread successor = new LoopThread(dead.getName(), sleepMillis, body);
    field(LoopThread.class, "running").setBoolean(successor, true);
    return successor;
  }

  private static Field field(Class<?> type, String name) throws NoSuchFieldException {
    Field field = type.getDeclaredField(name);
    field.setAccessible(true);
    return field;
  }
}
