using NetSniff.Wire.V1;

namespace NetSniff.Wire.Control;

/// <summary>The lines that a worker has to sensors. Any thread.</summary>
public sealed class SensorLinks : IDisposable
{
    public const int LinksMax = 4096;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, SensorLink> _links = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _leaving = new();

    public IReadOnlyList<SensorLink> All
    {
        get
        {
            lock (_lock) return [.. _links.Values];
        }
    }

    /// <summary>Set when the worker goes: every line ends.</summary>
    internal CancellationToken Leaving => _leaving.Token;

    public SensorLink? Find(string sensor)
    {
        lock (_lock) return _links.GetValueOrDefault(sensor);
    }

    public void Leave() => _leaving.Cancel();

    public void Dispose() => _leaving.Dispose();

    /// <returns>Null when there is no room. An earlier line of the same sensor ends.</returns>
    internal SensorLink? Open(ControlHello hello)
    {
        lock (_lock)
        {
            var earlier = _links.GetValueOrDefault(hello.Sensor);
            if (earlier is null && _links.Count >= LinksMax) return null;

            earlier?.Supersede();
            return _links[hello.Sensor] = new SensorLink(hello);
        }
    }

    internal void Close(SensorLink link, string why)
    {
        lock (_lock)
        {
            if (_links.GetValueOrDefault(link.Sensor) == link) _links.Remove(link.Sensor);
        }

        link.Lose(why);
    }
}
