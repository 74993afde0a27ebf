#!/usr/bin/env bash
# A Slurm cluster of this machine alone, for tests: `one_node.sh start FOLDER`, `... stop FOLDER`.
# Needs root, and Debian's slurm-wlm and munge. Everything it writes is in FOLDER, which is new, but
# a link in /etc/slurm: commands of jobs look nowhere else for their cluster. No systemd and no
# cgroups, so that it runs in a container too.
set -euo pipefail
action=$1 folder=$2
conf=$folder/slurm.conf
link=/etc/slurm/slurm.conf

start() {
    if [ -e $link ]; then
        echo "$link exists: this machine belongs to a Slurm cluster already" >&2
        exit 1
    fi
    local host cpus memory
    host=$(hostname -s) cpus=$(nproc) memory=$(awk '/MemTotal/ {print int($2 / 1024 * 0.9)}' /proc/meminfo)
    mkdir -p "$folder"/{state,spool,munge}
    # munge asks that nobody else could have written where its key and socket are.
    chmod 755 "$folder" "$folder/munge"
    head -c 1024 /dev/urandom > "$folder/munge/key"
    chmod 600 "$folder/munge/key"
    cat > "$conf" <<END
ClusterName=onenode
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge/socket
CredType=cred/munge
SlurmctldPort=${SLURM_TEST_PORT:-16817}
SlurmdPort=$((${SLURM_TEST_PORT:-16817} + 1))
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerParameters=bf_interval=1,sched_interval=1
MinJobAge=86400
ReturnToService=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cpus RealMemory=$memory State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
END
    # Nothing below asks cgroups for anything; before 23.11 Slurm could not do without a plugin.
    local plugin=disabled
    if [ "$(slurmd -V | tr -dc '0-9. ' | cut -d. -f1)" -lt 24 ]; then
        plugin=cgroup/v1
    fi
    echo "CgroupPlugin=$plugin" > "$folder/cgroup.conf"
    mkdir -p "$(dirname $link)"
    ln -sfn "$conf" $link
    munged --key-file="$folder/munge/key" --socket="$folder/munge/socket" \
        --pid-file="$folder/munged.pid" --log-file="$folder/munged.log" \
        --seed-file="$folder/munge/seed" --force
    slurmctld -f "$conf"
    slurmd -f "$conf"
    for _ in $(seq 60); do
        if [ "$(sinfo --noheader --format=%T 2> /dev/null)" = idle ]; then
            return
        fi
        sleep 0.5
    done
    echo "Slurm's node did not come up:" >&2
    grep -h -i -E "error|fatal" "$folder"/*.log >&2 || true
    stop
    exit 1
}

stop() {
    local daemon
    for daemon in slurmd slurmctld munged; do
        if [ -f "$folder/$daemon.pid" ]; then
            kill "$(cat "$folder/$daemon.pid")" || true
        fi
    done
    if [ "$(readlink $link)" = "$conf" ]; then
        rm $link
    fi
}

"$action"
