using NetSniff.Packets;

namespace NetSniff.Worker.Enrich.Kubernetes;

/// <summary>Addresses as the API writes them.</summary>
internal static class IdentityTexts
{
    /// <summary>Each once, in their order; what is none is left out.</summary>
    public static List<Address> Addresses(IEnumerable<string> texts)
    {
        List<Address> addresses = [];
        HashSet<Address> met = [];
        foreach (var text in texts)
        {
            if (addresses.Count >= IdentityObject.AddressesMax) break;
            if (IdentityNetwork.TryAddress(text, out var address) && met.Add(address)) addresses.Add(address);
        }

        return addresses;
    }
}
