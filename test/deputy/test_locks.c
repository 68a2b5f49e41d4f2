/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// Every lock of POSIX threads, contended by several threads, with main() as one
// of the waiters.

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>

enum { THREADS = 4, ROUNDS = 2000 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_spinlock_t spinlock;
static pthread_mutex_t recursive;
static pthread_barrier_t barrier;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static sem_t semaphore;

static int by_mutex, by_rwlock, by_spinlock, by_recursive, by_once, turn;

static void init_once(void) { by_once++; }

static void* contend(void* arg) {
  int id = (int)(long)arg;
  pthread_barrier_wait(&barrier);
  pthread_once(&once, init_once);
  for (int i = 0; i < ROUNDS; i++) {
    pthread_mutex_lock(&mutex);
    by_mutex++;
    pthread_mutex_unlock(&mutex);

    pthread_rwlock_rdlock(&rwlock);
    int seen = by_rwlock;
    pthread_rwlock_unlock(&rwlock);
    pthread_rwlock_wrlock(&rwlock);
    assert(by_rwlock >= seen);
    by_rwlock++;
    pthread_rwlock_unlock(&rwlock);

    pthread_spin_lock(&spinlock);
    by_spinlock++;
    pthread_spin_unlock(&spinlock);

    pthread_mutex_lock(&recursive);
    pthread_mutex_lock(&recursive);
    by_recursive++;
    pthread_mutex_unlock(&recursive);
    pthread_mutex_unlock(&recursive);
  }
  // In turns, by condition variable.
  for (int i = 0; i < 50; i++) {
    pthread_mutex_lock(&mutex);
    while (turn % THREADS != id) {
      pthread_cond_wait(&changed, &mutex);
    }
    turn++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
  }
  sem_post(&semaphore);
  return NULL;
}

int main(void) {
  pthread_t threads[THREADS];
  pthread_mutexattr_t attr;
  pthread_mutexattr_init(&attr);
  pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init(&recursive, &attr);
  pthread_spin_init(&spinlock, PTHREAD_PROCESS_PRIVATE);
  pthread_barrier_init(&barrier, NULL, THREADS + 1);
  sem_init(&semaphore, 0, 0);

  for (long i = 0; i < THREADS; i++) {
    assert(pthread_create(&threads[i], NULL, contend, (void*)i) == 0);
  }
  pthread_barrier_wait(&barrier);
  for (int i = 0; i < THREADS; i++) {
    sem_wait(&semaphore);
  }
  assert(sem_trywait(&semaphore) == -1 && errno == EAGAIN);
  for (int i = 0; i < THREADS; i++) {
    assert(pthread_join(threads[i], NULL) == 0);
  }
  printf("mutex %d, rwlock %d, spinlock %d, recursive %d, once %d, turns %d\n",
         by_mutex,
         by_rwlock,
         by_spinlock,
         by_recursive,
         by_once,
         turn);
  return 0;
}
