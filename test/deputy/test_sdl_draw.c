/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * main() draws with SDL 1 and its SDL_gfx, and prints what is on the canvas.
 */

#include <stdint.h>
#include <stdio.h>

#include <SDL/SDL.h>
#include <SDL/SDL_gfxPrimitives.h>
#include <SDL/SDL_rotozoom.h>

enum { SIZE = 64, RED = 0xff0000ff, GREEN = 0x00ff00ff, BLUE = 0x0000ffff };

// As bytes: red, green, blue.
static void print_at(SDL_Surface* surface, const char* what, int x, int y) {
  SDL_LockSurface(surface);
  const uint8_t* pixel =
    (const uint8_t*)surface->pixels + (y * surface->w + x) * 4;
  printf("%s: %d %d %d\n", what, pixel[0], pixel[1], pixel[2]);
  SDL_UnlockSurface(surface);
}

int main() {
  SDL_Init(SDL_INIT_VIDEO);
  SDL_Surface* screen = SDL_SetVideoMode(SIZE, SIZE, 32, SDL_SWSURFACE);
  boxColor(screen, 0, 0, 32, 32, RED);
  boxRGBA(screen, 32, 0, 64, 32, 0, 255, 0, 255);
  filledEllipseColor(screen, 16, 48, 12, 12, BLUE);
  lineRGBA(screen, 32, 32, 64, 64, 0, 255, 0, 255);
  print_at(screen, "box", 8, 8);
  print_at(screen, "box, RGBA", 40, 8);

  SDL_Surface* box =
    SDL_CreateRGBSurface(0, 8, 8, 32, 0xff, 0xff00, 0xff0000, 0xff000000);
  SDL_FillRect(box, NULL, SDL_MapRGBA(box->format, 0, 0, 255, 255));
  SDL_Surface* zoomed = zoomSurface(box, 2, 3, SMOOTHING_ON);
  printf("zoomed: %d x %d\n", zoomed->w, zoomed->h);
  SDL_Surface* turned = rotozoomSurface(box, 0, 2, SMOOTHING_ON);
  SDL_Rect at = {32, 32, 16, 16};
  SDL_BlitSurface(turned, NULL, screen, &at);
  print_at(screen, "turned", 40, 40);
  SDL_Quit();
  return 0;
}
