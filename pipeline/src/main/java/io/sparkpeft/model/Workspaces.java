package io.sparkpeft.model;

import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.Dtype;
import java.util.Deque;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedDeque;

/** A decoder's workspaces: as many as there were passes at the same time. Safe for many threads. */
final class Workspaces {
  private final NDManager manager;
  private final Dtype compute;
  private final Deque<Workspace> idle = new ConcurrentLinkedDeque<>();

  Workspaces(NDManager manager, Dtype compute) {
    this.manager = manager;
    this.compute = compute;
  }

  /** One that nobody else has until the scope closes; that which was used last, if any is free. */
  Workspace borrow(NDManager scope) {
    Workspace free = idle.pollFirst();
    Workspace workspace = free == null ? new Workspace(manager, compute) : free;
    scope.attachInternal(UUID.randomUUID().toString(), () -> idle.addFirst(workspace));
    return workspace;
  }
}
