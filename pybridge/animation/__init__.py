"""Any animation, one frame at a time: from the figure's state to encoded pixels.

::

    base.Source          frame i of something that moves, its updates run in order
    ├── source.AnimationSource    a matplotlib Animation
    └── function.FunctionSource   a plain function of i
    renderer.Renderer    what the source shows -> RGBA pixels, those of savefig
    └── compositing.CompositingRenderer   the same, drawing only what moves
        └── scene.Scene  a figure as background and what is painted over it (by areas.Area)
    png.PngWriter        RGBA pixels -> PNG
    encoder.Encoder      the format that is on a view's screen soonest
    store.FrameStore     encoded frames, bounded in bytes
    frames.Frames        all of it: frame(i), and whether frame i may be had at all
    batch.Batch          what one reply to a view carries
    params.controls      live parameters, in the shorthand of ipywidgets.interact
    movie.write_movie    frames -> a GIF, WebP or MP4
    service.AnimationService   what the page calls
    player.Animation     what the user has, and a cell shows
"""
