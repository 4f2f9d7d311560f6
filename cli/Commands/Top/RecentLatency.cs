using NetSniff.Cli.Outputs.Summary;

namespace NetSniff.Cli.Commands.Top;

/// <summary>Latencies of the last ten to twenty seconds.</summary>
internal sealed class RecentLatency
{
    private const double SecondsOfHalf = 10;

    private LogHistogram _current = new();
    private LogHistogram _before = new();
    private double _age;

    public void Add(long nanos) => _current.Add(nanos);

    public void Turn(double seconds)
    {
        _age += seconds;
        if (_age < SecondsOfHalf) return;

        (_before, _current, _age) = (_current, new LogHistogram(), 0);
    }

    /// <summary>Null where there were none.</summary>
    public long? Quantile(double share)
    {
        var fuller = _current.Count >= _before.Count ? _current : _before;
        return fuller.Count == 0 ? null : fuller.Quantile(share);
    }
}
