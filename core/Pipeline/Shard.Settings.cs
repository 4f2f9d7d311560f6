namespace NetSniff.Pipeline;

/// <content>What is changed while it runs.</content>
public sealed unsafe partial class Shard
{
    private ShardSettings? _settings;

    /// <summary>May be set between two calls of <see cref="Run"/>, by the shard's own thread. Null while the options
    /// hold. Timeouts hold for every flow from its next look on; a protocol that is not read any more goes on where a
    /// flow is being read already.</summary>
    public ShardSettings? Settings
    {
        get => _settings;
        set
        {
            _settings = value;
            var options = value is null ? _options : _options with
            {
                TcpEstablishedIdleMax = value.TcpEstablishedIdleMax,
                TcpHalfOpenIdleMax = value.TcpHalfOpenIdleMax,
                TcpClosedIdleMax = value.TcpClosedIdleMax,
                DatagramIdleMax = value.DatagramIdleMax,
                OtherIdleMax = value.OtherIdleMax,
                ActiveMax = value.ActiveMax,
            };
            IdleTable(options).CopyTo(_idleNanos, 0);
            _activeNanos = Nanos(options.ActiveMax);
            ChooseProtocols(value?.Protocols ?? []);
        }
    }

    /// <param name="names">Empty for all.</param>
    private void ChooseProtocols(IReadOnlyList<string> names)
    {
        bool IsChosen(int index) =>
            names.Count == 0 || names.Contains(_entries[index].Info.Name, StringComparer.OrdinalIgnoreCase);
        _datagramEntries = [.. Enumerable.Range(0, _entries.Length)
            .Where(index => _datagramParsers[index] is not null && IsChosen(index))];
        _streamCandidates = 0;
        for (var index = 0; index < _entries.Length; index++)
        {
            if (_entries[index].CreateStream is not null && IsChosen(index)) _streamCandidates |= 1ul << index;
        }
    }
}
