using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using NetSniff.Packets;

namespace NetSniff.Cli.Outputs;

/// <summary>What people call the owners of addresses. Never changes; who learns more makes another.</summary>
internal sealed class AddressNames
{
    private readonly FrozenDictionary<Address, byte[]> _names;

    public AddressNames(IEnumerable<KeyValuePair<Address, string>> names)
    {
        _names = names.ToFrozenDictionary(name => name.Key, name => Encoding.UTF8.GetBytes(name.Value));
        LengthMax = _names.Count == 0 ? 0 : _names.Values.Max(name => name.Length);
    }

    /// <summary>Bytes of the longest.</summary>
    public int LengthMax { get; }

    /// <summary>A name as UTF-8; whoever shows it makes it harmless.</summary>
    public bool TryGet(Address address, [NotNullWhen(true)] out byte[]? name) => _names.TryGetValue(address, out name);
}
