using NetSniff.Flows;

namespace NetSniff.Pipeline;

/// <content>What is changed while it runs.</content>
public sealed unsafe partial class Shard
{
    private static readonly ShardSettings s_everything = new();

    private ShardSettings? _settings;

    /// <summary>Ports of each line of the list, where it has any; null where none has.</summary>
    private int[]?[]? _portsOf;

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
            ChooseProtocols(value ?? s_everything);
        }
    }

    private void ChooseProtocols(ShardSettings settings)
    {
        var names = settings.Protocols;
        bool IsChosen(int index) =>
            names.Count == 0 || names.Contains(_entries[index].Info.Name, StringComparer.OrdinalIgnoreCase);
        ChooseDatagrams([.. Enumerable.Range(0, _entries.Length)
            .Where(index => _datagramParsers[index] is not null && IsChosen(index))]);
        _streamCandidates = 0;
        for (var index = 0; index < _entries.Length; index++)
        {
            if (_entries[index].CreateStream is not null && IsChosen(index)) _streamCandidates |= 1ul << index;
        }

        _portsOf = settings.Ports.Count == 0 ? null : [.. _entries.Select(entry => PortsOf(entry.Info.Name, settings))];
    }

    private void ChooseDatagrams(int[] indices)
    {
        _datagramsOfPorts = 0;
        Array.Clear(_datagramsByFirst);
        foreach (var index in indices)
        {
            if (_entries[index].Info.NeedsPort) _datagramsOfPorts |= 1ul << index;
            for (var first = 0; first < _datagramsByFirst.Length; first++)
            {
                if (_entries[index].MayBegin[first]) _datagramsByFirst[first] |= 1ul << index;
            }
        }

        _portsOfDatagrams = [.. indices.Where(index => _entries[index].Info.NeedsPort)
            .SelectMany(index => _entries[index].Info.Ports)];
    }

    private static int[]? PortsOf(string name, ShardSettings settings)
    {
        foreach (var (protocol, ports) in settings.Ports)
        {
            if (string.Equals(protocol, name, StringComparison.OrdinalIgnoreCase)) return [.. ports];
        }

        return null;
    }

    /// <summary>Lines of the list that may read the flow, bit by bit.</summary>
    private ulong StreamCandidates(Flow* flow)
    {
        if (_portsOf is null) return _streamCandidates;

        var candidates = _streamCandidates;
        for (var left = candidates; left != 0; left &= left - 1)
        {
            var index = System.Numerics.BitOperations.TrailingZeroCount(left);
            if (!HasPortFor(index, flow)) candidates &= ~(1ul << index);
        }

        return candidates;
    }

    private bool HasPortFor(int index, Flow* flow) => _portsOf?[index] is not { } ports
        || Array.IndexOf(ports, flow->ServerPort) >= 0 || Array.IndexOf(ports, flow->ClientPort) >= 0;
}
