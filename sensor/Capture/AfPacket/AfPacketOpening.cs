using NetSniff.Filters.Bpf;
using NetSniff.Packets;

namespace NetSniff.Sensor.Capture.AfPacket;

/// <summary>Finds the interfaces, decides where the filter runs, and opens the rings.</summary>
internal sealed class AfPacketOpening
{
    private readonly LiveOptions _options;
    private readonly List<Target> _targets = [];
    private readonly KernelPrograms _programs;

    private AfPacketOpening(LiveOptions options) =>
        (_options, _programs) = (options, new KernelPrograms(options.Filter, options.SnapLengthMax));

    /// <param name="Program">For the kernel.</param>
    private sealed record Target(string Name, int Index, LinkKind Kind, BpfInstruction[] Program)
    {
        /// <summary>Null until the first ring founded it.</summary>
        public int? Group { get; set; }
    }

    public static IReadOnlyList<AfPacketCapture> Open(LiveOptions options)
    {
        if (options.Interfaces.Count is 0 or > LiveOptions.InterfacesMax)
        {
            throw new CaptureException($"name 1 to {LiveOptions.InterfacesMax} interfaces to capture on");
        }

        var opening = new AfPacketOpening(options);
        return options.NetworkNamespace is { } path
            ? NetworkNamespace.Run(path, opening.OpenAll)
            : opening.OpenAll();
    }

    private AfPacketCapture[] OpenAll()
    {
        FindTargets();
        var captures = new List<AfPacketCapture>();
        try
        {
            var rings = Math.Clamp(_options.Rings, 1, LiveOptions.RingsMax);
            var list = ListInterfaces();
            while (captures.Count < rings)
            {
                captures.Add(OpenOne(list, isShared: rings > 1, isFirst: captures.Count == 0));
            }

            // Together, when all have joined: no frame is seen twice.
            foreach (var capture in captures) capture.Start();
            return [.. captures];
        }
        catch
        {
            foreach (var capture in captures) capture.Dispose();
            throw;
        }
    }

    private void FindTargets()
    {
        var socket = PacketRing.OpenSocket(string.Join(", ", _options.Interfaces));
        try
        {
            // With all interfaces, each other one named would be captured twice.
            IEnumerable<string> names = _options.Interfaces.Contains(LiveOptions.AnyInterface, StringComparer.Ordinal)
                ? [LiveOptions.AnyInterface]
                : _options.Interfaces.Distinct(StringComparer.Ordinal);
            foreach (var name in names)
            {
                var isAny = name == LiveOptions.AnyInterface;
                var index = isAny ? 0 : NetworkInterfaces.IndexOf(socket, name);
                if (index == 0 && !isAny) throw Unknown(name);

                var kind = isAny ? LinkKind.Ethernet : NetworkInterfaces.KindOf(socket, name);
                _targets.Add(new Target(name, index, kind, _programs.Of(kind, isAny)));
            }
        }
        finally
        {
            _ = LibC.Close(socket);
        }
    }

    /// <summary>The interfaces that are there now, in the order of the user or, for all, of their names.</summary>
    private InterfaceList ListInterfaces()
    {
        var list = new InterfaceList(_options.SnapLengthMax);
        foreach (var target in _targets)
        {
            if (target.Index != 0) list.PlaceOf(target.Index, target.Kind, _ => target.Name);
        }

        if (!_targets.Exists(target => target.Index == 0)) return list;

        var socket = PacketRing.OpenSocket(LiveOptions.AnyInterface);
        try
        {
            foreach (var (name, index) in NetworkInterfaces.All())
            {
                list.PlaceOf(index, NetworkInterfaces.KindOf(socket, name), _ => name);
            }
        }
        finally
        {
            _ = LibC.Close(socket);
        }

        return list;
    }

    /// <param name="isFirst">Whether it is to count what the cards lose, which one capture does for all.</param>
    private AfPacketCapture OpenOne(InterfaceList list, bool isShared, bool isFirst)
    {
        var rings = new List<PacketRing>();
        try
        {
            foreach (var target in _targets)
            {
                var ring = PacketRing.Open(target.Name, target.Index, target.Kind, _options, target.Program);
                rings.Add(ring);
                if (isShared) target.Group = ring.Join(target.Group);
            }

            return new AfPacketCapture([.. rings], list)
            {
                Title = string.Join(", ", _targets.Select(target => target.Name)),
                UserFilter = _programs.IsFilteredHere ? _options.Filter!.Copy() : null,
                Choice = _options.Choice,
                CardDrops = isFirst && _options.NetworkNamespace is null ? new CardDrops(list) : null,
                BlockWait = _options.BlockWait,
            };
        }
        catch
        {
            foreach (var ring in rings) ring.Dispose();
            throw;
        }
    }

    private static CaptureException Unknown(string name)
    {
        var names = NetworkInterfaces.All().Select(found => found.Name);
        return new CaptureException(
            $"there is no interface {name}; there are {string.Join(", ", names)} and {LiveOptions.AnyInterface}");
    }
}
