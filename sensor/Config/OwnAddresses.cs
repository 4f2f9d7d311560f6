using System.Net.NetworkInformation;
using NetSniff.Packets;

namespace NetSniff.Sensor.Config;

/// <summary>The addresses of the machine that the sensor captures on, in its network namespace.</summary>
public static class OwnAddresses
{
    /// <summary>In their order, so that two looks can be compared. Empty where the system does not say.</summary>
    public static IReadOnlyList<Address> Read()
    {
        try
        {
            return
            [
                .. NetworkInterface.GetAllNetworkInterfaces()
                    .SelectMany(static one => one.GetIPProperties().UnicastAddresses)
                    .Select(static one => Address.FromBytes(one.Address.GetAddressBytes())).Distinct().Order(),
            ];
        }
        catch (NetworkInformationException)
        {
            return []; // an interface went while it was looked at
        }
    }
}
