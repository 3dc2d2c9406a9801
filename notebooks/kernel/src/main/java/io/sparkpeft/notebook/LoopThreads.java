package io.sparkpeft.notebook;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import org.rapaio.jupyter.kernel.channels.Channels;
import org.rapaio.jupyter.kernel.channels.LoopThread;

/**
 * The threads that serve a kernel's channels, kept alive.
 *
 * <p>{@link LoopThread#start} starts the thread first and lets it run only then: a thread that is
 * quick sees that it must not run, and ends. Jupyter then waits for an answer that nobody gives. An
 * Error in a cell or in a completion ends them too.
 */
final class LoopThreads {
  private static final List<String> CHANNELS = List.of("heartbeat", "shell", "control");
  private static final String THREAD = "loopThread";

  private final List<Object> channels = new ArrayList<>();

  /**
   * @throws io.sparkpeft.base.SparkPeftException (70) if the kernel has no such threads
   */
  LoopThreads(Channels connected) {
    try {
      for (String channel : CHANNELS) {
        channels.add(field(connected.getClass(), channel).get(connected));
      }
    } catch (ReflectiveOperationException e) {
      throw NotebookErrors.otherKernel(e);
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
      for (Object channel : channels) {
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
