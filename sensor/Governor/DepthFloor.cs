using NetSniff.Pipeline;

namespace NetSniff.Sensor.Governor;

/// <summary>Depths that somebody asked for, for as long as they hold them; the least of them counts. Any thread.
/// </summary>
public sealed class DepthFloor
{
    private readonly Lock _lock = new();
    private readonly DepthDial _least = new();
    private readonly List<Held> _held = [];

    /// <summary>No more than this is to be done, whatever the load allows.</summary>
    public ShardDepth Depth => _least.Depth;

    /// <summary>Holds a depth until it is disposed.</summary>
    public IDisposable Hold(ShardDepth depth)
    {
        lock (_lock)
        {
            var held = new Held(this, depth);
            _held.Add(held);
            Turn();
            return held;
        }
    }

    private void Release(Held held)
    {
        lock (_lock)
        {
            _held.Remove(held);
            Turn();
        }
    }

    private void Turn()
    {
        var least = ShardDepth.Full;
        foreach (var held in _held)
        {
            if (Ladder.IsAbove(least, held.Depth)) least = held.Depth;
        }

        _least.Depth = least;
    }

    private sealed class Held(DepthFloor floor, ShardDepth depth) : IDisposable
    {
        public ShardDepth Depth { get; } = depth;

        public void Dispose() => floor.Release(this);
    }
}
