# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

# Made by data/config_names.py, do not edit. One text, read lazily by _config_names.py: it costs no start-up time.

"""What a configuration of OpenSIPS 1.11 to 4.1 can name, a record for each module; the format is told in _config_names.py."""

NAMES = """
1.11 2.1 2.2 2.3 2.4 3.0 3.1 3.2 3.3 3.4 3.5 3.6 4.0 4.1
=aaa_diameter hn :aaa_url=s@jn :answer_timeout=i@in :fd_log_level=i :max_json_log_size=i@mn :peer_identity=s :realm=s
 /dm_send_answer=si?@kn /dm_send_request=iisv?@in
=aaa_radius an :fetch_all_values=i :radius_config=s :sets=s :syslog_name=s /radius_send_acct=1@ae,s@fn
 /radius_send_auth=2@ae,ss@fn
=acc an :aaa_extra=s@ac :aaa_extra_bye=s@ac :aaa_flag=is@ab :aaa_missed_flag=is@ab :aaa_url=s :acc_callid_column=s
 :acc_created_avp_name=s@bg :acc_from_tag_column=s :acc_method_column=s :acc_sip_code_column=s
 :acc_sip_reason_column=s :acc_time_column=s :acc_to_tag_column=s :cdr_flag=is@ab :db_extra=s@ac :db_extra_bye=s@ac
 :db_flag=is@ab :db_missed_flag=is@ab :db_table_acc=s :db_table_avp=s :db_table_missed_calls=s :db_url=s
 :detect_direction=i :diameter_client_host=s@ac :diameter_client_port=i@ac :diameter_extra=s@ac :diameter_flag=is@ab
 :diameter_missed_flag=is@ab :early_media=i :evi_extra=s@ac :evi_extra_bye=s@ac :evi_flag=is@ab :evi_missed_flag=is@ab
 :extra_fields=s@dn :failed_transaction_flag=is@ab :leg_fields=s@dn :log_extra=s@ac :log_extra_bye=s@ac
 :log_facility=s :log_flag=is@ab :log_level=i :log_missed_flag=is@ab :multi_leg_bye_info=s@ac :multi_leg_info=s@ac
 :report_cancels=i :service_type=i /acc_aaa_request=1@ae,s@fn /acc_db_request=2@ae,ss@fn /acc_diam_request=1@ac
 /acc_evi_request=1@ae,s@fn /acc_load_ctx_from_dlg=@gn /acc_log_request=1@ae,s@fn /acc_new_leg=0@de,@fn
 /acc_unload_ctx_from_dlg=@gn /do_accounting=1|2|3@ce,ss?s?@fn /drop_accounting=0|1|2@ce,s?s?@fn $acc_current_leg=@dn
 $acc_extra=@dn $acc_leg=@dn
=aka_av_diameter kn :aaa_url=s :realm=s :server_uri=s@ln
=alias_db an :alias_domain_column=s :alias_user_column=s :append_branches=i :db_url=s :domain_column=s
 :domain_prefix=s :user_column=s /alias_db_find=3|4@ae,ssvs?@fn /alias_db_lookup=1|2@ae,ss?@fn
=auth an :calculate_ha1=i :disable_nonce_check=i :nonce_expire=i :password_spec=s :realm_prefix=s :rpid_avp=s
 :rpid_prefix=s :rpid_suffix=s :secret=s :username_spec=s /append_rpid_hf=0|2@ae,s?s?@fn /consume_credentials=0@ae,@fn
 /is_rpid_user_e164=0@ae,@fn /proxy_challenge=2@ae,si@ff,ss?@gg,ss?s?@hn /pv_proxy_authorize=1@ae,s@fn
 /pv_www_authorize=1@ae,s@fn /www_challenge=2@ae,si@ff,ss?@gg,ss?s?@hn
=auth_aaa an :aaa_url=s :auth_service_type=i@fn :check_service_type=i@fn :digest_qop_name=s@kn :service_type=i@ae
 :use_ruri_flag=is@af,s@gn /aaa_does_uri_exist=s?@fn /aaa_does_uri_user_exist=s?@fn /aaa_proxy_authorize=1|2@ae,ss?@fn
 /aaa_www_authorize=1|2@ae,ss?@fn
=auth_aka kn :async_timeout=i :default_algorithm=s :default_av_mgm=s :default_qop=s :hash_size=i :sync_timeout=i
 /aka_av_add=sssssss? /aka_av_drop=sss /aka_av_drop_all=ssv? /aka_av_fail=ssi? /aka_proxy_authorize=s?
 /aka_proxy_challenge=s?s?s?s? /aka_www_authorize=s? /aka_www_challenge=s?s?s?s?
=auth_db an :calculate_ha1=i :db_url=s :domain_column=s :hash_column_sha256=s@hn :hash_column_sha512t256=s@hn
 :load_credentials=s :password_column=s :password_column_2=s@ag :skip_version_check=i :uri_domain_column=s@fn
 :uri_uriuser_column=s@fn :uri_user_column=s@fn :use_domain=i :user_column=s /db_does_uri_exist=ss@fn
 /db_get_auth_id=ssvv@fn /db_is_from_authorized=s@fn /db_is_to_authorized=s@fn /proxy_authorize=2@ae,ss@fn
 /www_authorize=2@ae,ss@fn
=auth_diameter aa :diameter_client_host=s :diameter_client_port=i :use_domain=i /diameter_is_user_in=2
 /diameter_proxy_authorize=1 /diameter_www_authorize=1
=auth_jwt gn :db_mode=i@in :db_url=s :end_ts_column=s :load_credentials=s :profiles_table=s :secret_column=s
 :secret_tag_column=s :secrets_table=s :start_ts_column=s :tag_claim=s :tag_column=s :username_column=s
 /extract_pub_key_from_cert=sv@in /extract_pub_key_from_exp_mod=ssv@mn /jwt_authorize=svv@gh /jwt_db_authorize=svv@in
 /jwt_script_authorize=ssv@in
=auth_web3 mn :authentication_contract_address=s :authentication_rpc_url=s :contract_debug_mode=i
 :ens_registry_address=s :ens_rpc_url=s :rpc_timeout=i /web3_proxy_authenticate=ss /web3_www_authenticate=ss
=avpops aj :attribute_column=s :avp_table=s :buf_size=i@ae :db_scheme=s :db_url=s :domain_column=s :type_column=s
 :use_domain=i :username_column=s :uuid_column=s :value_column=s /avp_check=2@ae,s=s=@fj /avp_copy=2@ae,s=s=@fj
 /avp_db_delete=2|3@ae,s=s=i?@fj /avp_db_load=2|3|4@ae,s=s=i?s?@fj /avp_db_query=1|2|3@ae,ss=?i?@fj
 /avp_db_store=2|3@ae,s=s=i?@fj /avp_delete=1@ae,s=@fj /avp_insert=3@ae /avp_op=2@ae,s=s=@fj /avp_print=0@ae,@fj
 /avp_pushto=2@ae,s=s=@fj /avp_shuffle=s=@jj /avp_subst=2@ae,s=s@fj /is_avp_set=1@ae,s=@fj
=b2b_entities an :advertised_contact=s@jn :b2b_key_prefix=s :cachedb_key_prefix=s@in :cachedb_url=s@in :client_hsize=i
 :cluster_id=i@gn :db_mode=i :db_table=s :db_url=s :passthru_prack=i@in :replication_mode=i@af :script_reply_route=s
 :script_req_route=s :server_hsize=i :ua_default_timeout=i@jn :update_period=i /ua_session_reply=ssis?s?s?s?@jn
 /ua_session_server_init=v?s?@jk,v?s?s?@ln /ua_session_terminate=ss?@jn /ua_session_update=sss?s?s?@jn
=b2b_logic an :b2bl_early_update=i@in :b2bl_from_spec_param=s :b2bl_th_init_timeout=i :cachedb_key_prefix=s@in
 :cachedb_url=s@in :cleanup_period=i :contact_user=i@hn :custom_contact_header_params=s@mn :custom_headers=s
 :custom_headers_regexp=s :db_mode=i :db_table=s :db_url=s :extern_scenario=s@ag :hash_size=i :init_callid_hdr=s
 :max_duration=i :old_entity_term_delay=i@kn :script_reply_route=s@hn :script_req_route=s@hn :script_scenario=s@ag
 :server_address=s :update_period=i :use_init_sdp=i@ai /b2b_bridge=sss?s?@hn
 /b2b_bridge_request=2@ae,si@fg,sis?@hj,sis?s?@kn /b2b_bridge_retry=s@jn
 /b2b_client_new=sss?s?s?v?v?@hl,sss?s?s?v?v?s?@mn /b2b_delete_entity=@hn /b2b_end_dlg_leg=@hn
 /b2b_handle_reply=@hk,s?@ln /b2b_init_request=0|1|2|3|4|5@ae,ss?s?s?s?@fg,ss?s?s?s?s?@hi,ss?s?s?@jn
 /b2b_pass_request=@hn /b2b_send_reply=is@hh,iss?s?@in /b2b_server_new=ss?v?v?@hn
 /b2b_trigger_scenario=ss?sv?v?sv?v?@in $b2b_logic.ctx=@gn $b2b_logic.entity=@gn $b2b_logic.key=@gn
 $b2b_logic.peer=@mn $b2b_logic.scenario=@hn
=b2b_logic_xml hh :b2bl_from_spec_param=s :b2bl_th_init_timeout=i :cleanup_period=i :custom_headers=s
 :custom_headers_regexp=s :db_mode=i :db_table=s :db_url=s :extern_scenario=s :hash_size=i :init_callid_hdr=s
 :max_duration=i :script_scenario=s :server_address=s :update_period=i :use_init_sdp=i /b2b_bridge_request=si
 /b2b_init_request=ss?s?s?s? $b2b_logic.ctx= $b2b_logic.entity= $b2b_logic.key=
=b2b_sca an :app10_b2bl_key_column=s :app10_call_info_appearance_uri_column=s :app10_call_info_uri_column=s
 :app10_call_state_column=s :app10_shared_entity_column=s :app1_b2bl_key_column=s
 :app1_call_info_appearance_uri_column=s :app1_call_info_uri_column=s :app1_call_state_column=s
 :app1_shared_entity_column=s :app2_b2bl_key_column=s :app2_call_info_appearance_uri_column=s
 :app2_call_info_uri_column=s :app2_call_state_column=s :app2_shared_entity_column=s :app3_b2bl_key_column=s
 :app3_call_info_appearance_uri_column=s :app3_call_info_uri_column=s :app3_call_state_column=s
 :app3_shared_entity_column=s :app4_b2bl_key_column=s :app4_call_info_appearance_uri_column=s
 :app4_call_info_uri_column=s :app4_call_state_column=s :app4_shared_entity_column=s :app5_b2bl_key_column=s
 :app5_call_info_appearance_uri_column=s :app5_call_info_uri_column=s :app5_call_state_column=s
 :app5_shared_entity_column=s :app6_b2bl_key_column=s :app6_call_info_appearance_uri_column=s
 :app6_call_info_uri_column=s :app6_call_state_column=s :app6_shared_entity_column=s :app7_b2bl_key_column=s
 :app7_call_info_appearance_uri_column=s :app7_call_info_uri_column=s :app7_call_state_column=s
 :app7_shared_entity_column=s :app8_b2bl_key_column=s :app8_call_info_appearance_uri_column=s
 :app8_call_info_uri_column=s :app8_call_state_column=s :app8_shared_entity_column=s :app9_b2bl_key_column=s
 :app9_call_info_appearance_uri_column=s :app9_call_info_uri_column=s :app9_call_state_column=s
 :app9_shared_entity_column=s :appearance_name_addr_spec_param=s :db_mode=i :db_url=s :hash_size=i :presence_server=s
 :shared_line_column=s :shared_line_spec_param=s :table_name=s :watchers_avp_spec=s :watchers_column=s
 /sca_bridge_request=1@ae,s@fn /sca_init_request=1@ae,i@fn
=b2b_sdp_demux in :client_bye_mode=s /b2b_sdp_demux=sv?v?
=benchmark an :enable=i :granularity=i :loglevel=i /bm_log_timer=1@ae,s@fn /bm_start_timer=1@ae,s@fn $BM_time_diff=
=cachedb_cassandra an :cachedb_url=s :connect_timeout=i@cn :connection_timeout=i@ab :exec_threshold=i
 :query_retries=i@cn :query_timeout=i@cn :rd_consistency_level=i@ab,s@cn :receive_timeout=i@ab :send_timeout=i@ab
 :wr_consistency_level=i@ab,s@cn
=cachedb_couchbase an :cachedb_url=s :exec_threshold=i :lazy_connect=i :timeout=i
=cachedb_dynamodb ln :cachedb_url=s
=cachedb_local an :cache_clean_period=i :cache_collections=s@dn :cache_table_size=i@ac :cachedb_url=s@dn
 :cluster_id=i@fn :cluster_persistency=s@fn :enable_restart_persistency=i@in :exec_threshold=i
 /cache_remove_chunk=1@ae,s?s@fn
=cachedb_memcached an :cachedb_url=s :exec_threshold=i
=cachedb_mongodb an :cachedb_url=s :compat_mode_2.4=i@dn :compat_mode_3.0=i@dn :exec_threshold=i@cn
 :exec_treshold=i@ae :op_timeout=i@ac :slave_ok=i@ac :write_concern=s@ac
=cachedb_redis an :cachedb_url=s :connect_timeout=i@bn :enable_raw_query_quoting=i@gh :ftsearch_index_name=s@ln
 :ftsearch_json_mset_expire=i@ln :ftsearch_json_prefix=s@ln :ftsearch_max_results=i@ln :lazy_connect=i@mn
 :query_timeout=i@bn :redis_keepalive=i@mn :shutdown_on_error=i@en :use_tls=i@hn
=cachedb_sql an :cache_clean_period=i :cachedb_url=s@bn :counter_column=s :db_table=s :db_url=s@aa :expires_column=s
 :key_column=s :value_column=s
=call_center an :acc_db_url=s :b2b_logic_ctx_param=s@jn :b2b_scenario=s@ag :b2b_scenario_agent=s@gg
 :cc_agents_table=s@gn :cc_flows_table=s@gn :cca_agentid_column=s@gn :cca_location_column=s@gn
 :cca_logstate_column=s@gn :cca_msrp_location_column=s@in :cca_msrp_max_sessions_column=s@in :cca_skills_column=s@gn
 :cca_wrapupend_column=s@gn :cca_wrapuptime_column=s@gn :ccf_cid_column=s@gn :ccf_dissuading_ewt_th_column=s@gn
 :ccf_dissuading_hangup_column=s@gn :ccf_dissuading_onhold_th_column=s@gn :ccf_dissuading_qsize_th_column=s@gn
 :ccf_flowid_column=s@gn :ccf_m_dissuading_column=s@gn :ccf_m_flow_id_column=s@gn :ccf_m_queue_column=s@gn
 :ccf_m_welcome_column=s@gn :ccf_max_wrapup_column=s@gn :ccf_priority_column=s@gn :ccf_skill_column=s@gn
 :chat_dispatch_policy=s@in :db_url=s :internal_call_dispatching=i@in :queue_pos_param=s@dn :reject_on_no_agents=i@gn
 :rt_db_url=s@gn :wrapup_time=i /cc_agent_login=2@be,si@fn /cc_handle_call=1@ae,s@ff,ss?@gh,ss?s?@in $cc_state=@in
=call_control an :call_limit_avp=s :call_token_avp=s :canonical_uri_avp=s :disable=i :diverter_avp=s :init=s
 :prepaid_account_flag=is@ae,s@fn :signaling_ip_avp=s :socket_name=s :socket_timeout=i :start=s :stop=s
 /call_control=0@ae,@fn
=callops gn :match_param=s :mode=s@gg,is@hn /call_blind_replace=ss? /call_transfer=ss|ssss? /call_transfer_notify=
=carrierroute an :carrier_column=s :carrier_id_col=s :carrier_name_col=s :carrier_table=s :comment_column=s
 :config_file=s :config_source=s :db_failure_table=s :db_table=s :db_url=s :default_tree=s :domain_column=s
 :failure_carrier_column=s :failure_comment_column=s :failure_domain_column=s :failure_flags_column=s
 :failure_host_name_column=s :failure_id_column=s :failure_mask_column=s :failure_next_domain_column=s
 :failure_reply_code_column=s :failure_scan_prefix_column=s :fallback_default=i :flags_column=s :id_column=s
 :mask_column=s :prob_column=s :rewrite_host_column=s :rewrite_prefix_column=s :rewrite_suffix_column=s
 :scan_prefix_column=s :strip_column=s :subscriber_carrier_col=s :subscriber_domain_col=s :subscriber_table=s
 :subscriber_user_col=s :use_domain=i /cr_next_domain=6@ae,sssssv@fn /cr_prime_route=5|6@ae,sssssv?@fn
 /cr_route=5|6@ae,sssssv?@fn /cr_user_carrier=3@ae,ssv@fn
=cfgutils an :hash_file=s :initial_probability=i :lock_pool_size=i :shv_hash_size=i@hn :shvset=s :varset=s
 /abort=0@ae,@fn /check_time_rec=1@ae,s@ff,si?@gn /get_accurate_time=vvv?@gn /get_dynamic_lock=1@ae,s@fn
 /get_static_lock=1@ae,s@fn /pkg_status=0@ae,@fn /rand_event=0|1@ae,i?@fn /rand_get_prob=0@ae,@fn
 /rand_reset_prob=0@ae,@fn /rand_set_prob=1@ae,i@fn /release_dynamic_lock=1@ae,s@fn /release_static_lock=1@ae,s@fn
 /set_count=2@ae,vv@fn /set_select_weight=1@ae,v@fn /shm_status=0@ae,@fn /shuffle_avps=v@kn /sleep=1@ae,i@fn
 /strings_share_lock=2@ae,s@fn /ts_usec_delta=5@ae,iiiiv@fi,iiiiv?v?@jn /usleep=1@ae,i@fn $RANDOM= $ctime= $env= $shv=
=cgrates dn :bind_ip=s :cgrates_engine=s :compat_mode=i@en :max_async_connections=i :retry_timeout=i
 /cgrates_acc=0|1|2|3|4@de,s?s?s?s?@fn /cgrates_auth=0|1|2|3@de,s?s?s?@fn /cgrates_cmd=1|2@de,ss?@fn $cgr=
 $cgr_opt=@en $cgr_ret=@en $cgrret=@dh
=closeddial aa :cd_domain_column=s :cd_user_column=s :db_url=s :domain_column=s :group_id_column=s :new_uri_column=s
 :use_domain=i :user_column=s /cd_lookup=1|2
=clusterer cn :cluster_id_col=s :clusterer_id_col=i@cc>id_col :current_id=i@de>my_node_id
 :current_info=s@ee>my_node_info :db_bridges_table=s@mn :db_mode=i@en :db_table=s :db_url=s :description_col=s
 :dispatch_jobs=i@gn :duration_col=s@cc :enable_rerouting=i@kn :enable_stats=i@jn :failed_attempts_col=s@cc
 :flags_col=s@en :id_col=s@dn :last_attempt_col=s@cc :ls_seq_no_col=s@dd :machine_id_col=s@cc :my_node_id=i@fn
 :my_node_info=s@fn :neighbor_info=s@ee>neighbor_node_info :neighbor_node_info=s@fn :no_ping_retries_col=s@dn
 :no_tries_col=s@cc :node_id_col=s@dn :node_timeout=i@dn :persistent_state=i@cc :ping_interval=i@dn :ping_timeout=i@dn
 :priority_col=s@dn :seed_fallback_interval=i@en :server_id=i@cc :sharing_tag=s@fn :sip_addr_col=s@dn :state_col=s
 :sync_packet_size=i@en :sync_timeout=i@gn :top_seq_no_col=s@dd :url_col=s
 /cluster_broadcast_req=2|3@ee,isv?@fk,isv?i?@ln /cluster_check_addr=2|3@ee,iss?@fn /cluster_send_req=3|4@ee,iisv?@fn
 /cluster_send_rpl=4@ee,iisv@fn $cluster.sh_tag=@fn
=compression bn :compression_level=i /mc_compact=0|1@be,s?@fh,s?s?@in /mc_compress=3@be,i?ss?@fn
 /mc_decompress=0@be,@fn
=config ln :db_url=s :description_column=s :enable_restart_persistency=i :hash_size=i :name_column=s :table_name=s
 :value_column=s $config= $config.description=
=core an :abort_on_assert=i@bn :advertised_address=x :advertised_port=i :alias=x :auto_aliases=i
 :auto_scaling_cycle=i@fn :auto_scaling_profile=x@fn :bin_children=i@ab :bin_listen=x@ab :check_via=i :children=i@af
 :chroot=sx :db_default_url=s :db_max_async_connections=i@bn :db_version_table=s :debug=i@ab :debug_mode=i@cn
 :disable_503_translation=i :disable_core_dump=i :disable_dns_blacklist=i :disable_dns_failover=i
 :disable_stateless_fwd=i :disable_tcp=i@aa :disable_tls=i@aa :dns=i :dns_retr_no=i :dns_retr_time=i :dns_servers_no=i
 :dns_try_ipv6=i :dns_try_naptr=i :dns_use_search_list=i :dst_blacklist=x :enable_asserts=i@bn :event_pkg_threshold=i
 :event_shm_threshold=i :exec_dns_threshold=i :exec_msg_threshold=i :execdnsthreshold=i :execmsgthreshold=i :fork=i@ab
 :gid=sx@ab :group=sx@ab :listen=x@al :log_event_enabled=i@jn :log_event_level_filter=i@jn :log_facility=x@al
 :log_json_buf_size=i@jn :log_level=i@cn :log_msg_buf_size=i@jn :log_name=s@al :log_prefix=s@in :log_stderror=i@al
 :log_stdout=i@hn :max_while_loops=i :maxbuffer=i :mcast_loopback=i :mcast_ttl=i :mem_dump=i :mem_log=i :mem_warming=i
 :mem_warming_enabled=i :mem_warming_pattern_file=s :mem_warming_percentage=i :memdump=i :memlog=i :mhomed=i
 :mpath=s@al,x@mn :open_files_limit=i :pi_framework=s@nn :poll_method=sx@bn :port=i@aa :pv_print_buf_size=i@fn
 :query_buffer_size=i :query_flush_time=i :restart_persistency_cache_file=s@fn :restart_persistency_size=i@fn
 :rev_dns=i :server_header=s :server_signature=i :shm_hash_split_percentage=i :shm_memlog_size=i@jn
 :shm_secondary_hash_size=i :sip_warning=i :socket=x@gn :stderror_enabled=i@jn :stderror_level_filter=i@jn
 :stderror_log_format=s@jn :syslog_enabled=i@jn :syslog_facility=x@jn :syslog_level_filter=i@jn
 :syslog_log_format=s@jn :syslog_name=s@jn :tcp_accept_aliases=i :tcp_async=i@aa :tcp_async_local_connect_timeout=i@aa
 :tcp_async_local_write_timeout=i@aa :tcp_async_max_postponed_chunks=i@aa :tcp_children=i@af :tcp_connect_timeout=i
 :tcp_connection_lifetime=i :tcp_crlf_pingpong=i@aa :tcp_keepalive=i :tcp_keepcount=i :tcp_keepidle=i
 :tcp_keepinterval=i :tcp_listen_backlog=i@ah :tcp_max_connections=i :tcp_max_msg_chunks=i@aa :tcp_max_msg_time=i
 :tcp_no_new_conn_bflag=ix@af,x@gn :tcp_no_new_conn_rplflag=x@fn :tcp_parallel_read_on_workers=i@il
 :tcp_poll_method=sx@aa :tcp_send_timeout=i@aa :tcp_socket_backlog=i@gn :tcp_threads=i@mn :tcp_threshold=i
 :tcp_workers=i@fn :tcpthreshold=i :timer_workers=i@fn :tls_ca_dir=s@aa :tls_ca_list=s@aa :tls_certificate=s@aa
 :tls_ciphers_list=s@aa :tls_client_domain_avp=s@aa :tls_dh_params=s@aa :tls_ec_curve=s@aa :tls_handshake_timeout=i@aa
 :tls_log=i@aa :tls_method=x@aa :tls_port_no=i@aa :tls_private_key=s@aa :tls_require_client_certificate=i@aa
 :tls_send_timeout=i@aa :tls_verify_client=i@aa :tls_verify_server=i@aa :tlslog=i@aa :tos=ix :udp_workers=i@fn
 :uid=sx@ab :user=sx@ab :user_agent_header=s :wdir=sx :workdir=sx :worker_reactor_timeout=i@nn
 :workerreactortimeout=i@nn :xlog_buf_size=i :xlog_default_level=i@ce :xlog_force_color=i :xlog_level=i@fn
 :xlog_print_level=i@fn /add_blacklist_rule=ssi?s?s?i?@jn /add_local_rport=0@af,@gn /add_rport=0@af
 /add_tcp_alias=0|1@af /append_branch=0|1|2@af,s?s?@gk /append_branch_old=s?s?@ln /append_msg_branch=ss?s?@ln
 /assert=2@bk,1|2@ln /async=2@bf,2|3@gn /avp_print=@kn /avp_printf=2@af /cache_add=4|5@af,ssiiv?@gn
 /cache_counter_fetch=3@af,ssv@gn /cache_fetch=3@af,ssv@gn /cache_raw_query=2|3@af,sss=?@gn /cache_remove=2@af,ss@gn
 /cache_store=3|4@af,sssi?@gn /cache_sub=4|5@af,ssiiv?@gn /check_blacklist_rule=ssi?s?s?@jn
 /construct_uri=6@af,ss?ss?s?v@gn /del_blacklist_rule=ssi?s?s?@jn /drop=0 /error=2 /exit=0 /force_local_rport=0@af
 /force_rport=0@af,@gn /force_send_socket=1@af,s@gn /force_tcp_alias=0|1@af,i?@gn /forward=0|1@af,s?@gn
 /get_timestamp=2@af,vv@gn /is_myself=1|2@ef,si?@gn /isbflagset=1|2@af,s!i?@gn /isbranchflagset=1|2@af
 /isdsturiset=0@af,@gn /isduriset=0@af /isflagset=1@af,s!@gn /isscriptflagset=1@ab /issflagset=1@ab
 /launch=1|2@dh,1|2|3@in /log=1|2 /move_branch=i?i?s?@kk /move_msg_branch=i?i?s?@ln /next_branches=0@af,@gn
 /prefix=1@af,s@gn /pv_printf=2@af,vs@gn /raise_event=1|2|3@af,sv?v?@gn /remove_branch=1@af,i@gk
 /remove_msg_branch=i@ln /resetbflag=1|2@af,s!i?@gn /resetbranchflag=1|2@af /resetdsturi=0@af,@gn /resetduri=0@af
 /resetflag=1@af,s!@gn /resetscriptflag=1@ab /resetsflag=1@ab /return=0|1@ak,0|1|2@ln /revert_uri=0@af,@gn
 /rewritehost=1@af,s@gh /rewritehostport=1@af,s@gh /rewriteport=1@af,s@gh /rewriteuri=1@af,s@gh /rewriteuser=1@af,s@gh
 /rewriteuserpass=1@af,s@gh /route=1|2 /script_trace=0|2|3@af,i?s=?s!?@gn /send=1|2@af,ss?@gn
 /serialize_branches=1@ad,1|2@ef,ii?@gn /set_advertised_address=1@af,s@gn /set_advertised_port=1@af,s@gn
 /set_via_handling=s@kn /setbflag=1|2@af,s!i?@gn /setbranchflag=1|2@af /setdebug=0|1@ab /setdsturi=1@af,s@gn
 /setduri=1@af /setflag=1@af,s!@gn /seth=1@af /sethost=1@af,s@gn /sethostport=1@af,s@gn /sethp=1@af /setp=1@af
 /setport=1@af,s@gn /setscriptflag=1@ab /setsflag=1@ab /setu=1@af /setup=1@af /seturi=1@af,s@gn /setuser=1@af,s@gn
 /setuserpass=1@af,s@gn /socket_belongs_to_bond=ss@mn /sr_check_status=ss?@in /strip=1@af,i@gn /strip_tail=1@af,i@gn
 /subscribe_event=2|3@af,ssi?@gn /swap_branches=i?i?@kk /swap_msg_branches=i?i?@ln /tcp_close_conn=s@mn
 /unuse_blacklist=1@af,s@gn /use_blacklist=1@af,s@gn /xdbg=1 /xlog=1|2 $Au= $C= $Ri=@ah $Rp=@ah $TS= $Tf= $Ts= $Tsm=
 $aU= $ad= $adu= $af=@eh $ai= $an= $ar= $argv= $au= $auth.alg= $auth.cnonce= $auth.nc= $auth.nonce= $auth.opaque=
 $auth.qop= $auth.resp= $avp= $bf= $branch= $branch.flag=@gn $cT= $cfg_file=@cn $cfg_line=@cn $challenge.algorithm=@ln
 $challenge.ck=@ln $challenge.ik=@ln $challenge.nonce=@ln $challenge.opaque=@ln $challenge.qop=@ln
 $challenge.realm=@ln $ci= $cl= $cs= $ct= $ct.fields= $dP= $dd= $di= $dip= $dir= $dp= $ds= $du= $duri= $err.class=
 $err.info= $err.level= $err.rcode= $err.rreason= $fU= $fd= $fn= $from= $from.domain= $from.user= $fs=@ah $ft= $fu=
 $hdr= $hdr_name=@fn $hdrcnt= $log_level=@cn $mb= $mf= $mi= $ml= $msg.branch=@ln $msg.branch.attr=@ln
 $msg.branch.duri=@ln $msg.branch.flag=@ln $msg.branch.flags=@ln $msg.branch.last_idx=@ln $msg.branch.path=@ln
 $msg.branch.q=@ln $msg.branch.socket=@ln $msg.branch.uri=@ln $msg.flag=@gn $msg.is_request=@gn $msg.type=@gn $oP=
 $oU= $od= $op= $ou= $ouri= $pU= $param= $path= $pd= $pn= $pp= $pr=@ah $proto=@ah $proxy_protocol=@mn $pu= $rP=
 $rT=@bh $rU= $rb= $rc= $rd= $re= $retcode= $return=@ln $rm= $route=@hn $route.name=@in $route.type=@in $rp= $rr= $rs=
 $rt= $ru= $ru_q= $ruri= $ruri.domain= $ruri.user= $sdp=@ln $sdp.line=@ln $sdp.session=@ln $sdp.stream=@ln
 $sdp.stream.idx=@ln $sf=@ab $si= $socket_in=@gn $socket_out=@gn $sp= $src_ip= $tU= $td= $time= $tn= $to= $to.domain=
 $to.user= $tt= $tu= $ua= $var= $xlog_level=@dn
=cpl-c ab :case_sensitive=i :cpl_bin_column=s :cpl_dtd_file=s :cpl_xml_column=s :db_table=s :db_url=s :domain_column=s
 :log_dir=s :lookup_append_branches=i :lookup_domain=s :proxy_recurse=i :proxy_route=s :realm_prefix=s :use_domain=i
 :username_column=s /cpl_process_register=0 /cpl_process_register_norpl=0 /cpl_run_script=2
=cpl_c cn :case_sensitive=i :cpl_bin_column=s :cpl_dtd_file=s :cpl_xml_column=s :db_table=s :db_url=s :domain_column=s
 :log_dir=s :lookup_append_branches=i :lookup_domain=s :proxy_recurse=i :proxy_route=s :realm_prefix=s :use_domain=i
 :username_column=s /cpl_process_register=0@ce,@fn /cpl_process_register_norpl=0@ce,@fn /cpl_run_script=2@ce,ss@fn
=db_berkeley an :auto_reload=i :journal_roll_interval=i :log_enable=i
=db_cachedb an :cachedb_url=s
=db_flatstore an :delimiter=s :flush=i :prefix=s :single_file=i :suffix=s
=db_http an :SSL=i :cap_insert_update=i :cap_last_inserted_id=i :cap_raw_query=i :cap_replace=i :disable_expect=i@fn
 :field_delimiter=s :quote_delimiter=s :row_delimiter=s :timeout=i :value_delimiter=s
=db_mysql an :exec_query_threshold=i :max_db_queries=i@cn :max_db_retries=i@cn :ps_max_col_size=i@hn
 :timeout_interval=i :tls_client_domain=s@de :use_tls=i@fn
=db_oracle an :reconnect=s :timeout=s
=db_perlvdb an
=db_postgres an :exec_query_threshold=i :max_db_queries=i@cn :timeout=i@cn :use_tls=i@in
=db_sqlite cn :alloc_limit=i :busy_timeout=i@ln :exec_pragma=s@ln :load_extension=s
=db_text an :buffer_size=i@kn :db_mode=i
=db_unixodbc an :auto_reconnect=i :use_escape_common=i
=db_virtual an :db_max_consec_retrys=i :db_probe_time=i :db_urls=s
=dialog an :accept_replicated_dialogs=i@ad :accept_replicated_profile_timeout=i@cc :accept_replicated_profiles=i@cd
 :auth_check=i@cc :auto_prack_fr_timeout=i@mn :auto_prack_hangup_on_failure=i@mn :cachedb_url=s :call_id_column=s
 :cluster_auto_sync=i@hn :db_flush_vals_profiles=i :db_mode=i :db_update_period=i :db_url=s :default_timeout=i
 :delete_delay=i@jn :dialog_replication_cluster=i@en :dlg_extra_hdrs=s :dlg_id_column=s :dlg_match_mode=i
 :dlg_sharing_tag=s@ee :enable_stats=i :event_id_format=i@gg :flags_column=s :from_contact_column=s
 :from_cseq_column=s :from_route_column=s :from_sock_column=s :from_tag_column=s :from_uri_column=s :hash_size=i
 :log_profile_hash_size=i :mflags_column=s@bn :options_ping_interval=i@cn :own_timer_proc=i@aa :ping_interval=i@ab
 :profile_no_value_prefix=s :profile_replication_cluster=i@en :profile_size_prefix=s :profile_timeout=i
 :profile_value_prefix=s :profiles_column=s :profiles_no_value=s :profiles_with_value=s :race_condition_timeout=i@fn
 :reinvite_ping_interval=i@cn :replicate_dialogs_to=s@ab,i@cd :replicate_profiles_buffer=i@cn
 :replicate_profiles_check=i@cn :replicate_profiles_expire=i@cn :replicate_profiles_timer=i@cn
 :replicate_profiles_to=i@cd :replication_auth_check=i@dd :rr_param=s :sflags_column=s :start_time_column=s
 :state_column=s :table_name=s :timeout_column=s :timer_bulk_del_no=i :to_contact_column=s :to_cseq_column=s
 :to_route_column=s :to_sock_column=s :to_tag_column=s :to_uri_column=s :vars_column=s /create_dialog=0|1@ae,s?@fn
 /dlg_inc_cseq=s?i?@ln /dlg_on_answer=s?@gn /dlg_on_hangup=s?@gn /dlg_on_timeout=s?@gn
 /dlg_send_sequential=sss?s?s?@gn /fetch_dlg_value=2@ae,sv@fn /fix_route_dialog=0@ae,@fn
 /get_dialog_info=4@ae,svssv@fi,svsvv@jn /get_dialog_vals=3@de,vvs@fn /get_dialogs_by_profile=ss?vv@fn
 /get_dialogs_by_val=ssvv@fi,svvv@jn /get_profile_size=2|3@ae,ss?v@fn /is_dlg_flag_set=1@ae,i@fi,s!@jn
 /is_in_profile=1|2@ae,ss?@fn /load_dialog_ctx=s@ff,ss?@gl,ss?i?@mn /match_dialog=0@ac,0|1@de,s?@fn
 /reset_dlg_flag=1@ae,i@fi,s!@jn /set_dlg_flag=1@ae,i@fi,s!@jn /set_dlg_profile=1|2@ae,ss?@fi,ss?i?@jn
 /set_dlg_sharing_tag=1@ee,s@fn /store_dlg_value=2@ae,ss@fi,sv@jn /test_and_set_dlg_flag=2@ae,ii@fi,s!i@jn
 /topology_hiding=0|1@aa /unload_dialog_ctx=@fn /unset_dlg_profile=1|2@ae,ss?@fn /validate_dialog=0@ae,@fn $DLG_count=
 $DLG_ctx_json=@fn $DLG_del_delay=@jn $DLG_did= $DLG_dir= $DLG_end_reason= $DLG_flags= $DLG_json=@fn $DLG_lifetime=
 $DLG_options_ping_interval=@nn $DLG_reinvite_ping_interval=@nn $DLG_status= $DLG_timeout= $dlg_val=
=dialplan an :attrs_col=s :db_url=s :disabled_col=s :dpid_col=s :match_exp_col=s :match_flags_col=s :match_op_col=s
 :partition=s@bn :pr_col=s :repl_exp_col=s :subst_exp_col=s :table_name=s :timerec_col=s@bn
 /dp_translate=1|2|3@ae,isv?v?s?@fn
=dispatcher an :algo_route=s@gn :attrs_avp=s :attrs_col=s :cluster_id=i@fn :cluster_probing_mode=s@in
 :cluster_sharing_tag=s@fn :cnt_avp=s :db_url=s :description_col=s@cn :destination_col=s :ds_define_blacklist=s
 :ds_ping_from=s :ds_ping_interval=i :ds_ping_maxfwd=i@dn :ds_ping_method=s :ds_probing_list=s@cn :ds_probing_mode=i
 :ds_probing_sock=s :ds_probing_threshhold=i :ds_probing_threshold=i@fn :dst_avp=s :fetch_freeswitch_stats=i@dn
 :flags=i@aa :force_dst=i@aa :grp_avp=s :hash_pvar=s :max_freeswitch_weight=i@dn :options_reply_codes=s
 :partition=s@bn :persistent_state=i@bn :priority_col=s@bn :probe_mode_col=s@jn :pvar_algo_pattern=s
 :script_attrs_avp=s@gn :setid_col=s :setid_pvar=s :sock_avp=s :socket_col=s :state_col=s :table_name=s
 :use_default=i@aa :weight_col=s /ds_count=3@ae,isvs?@fn /ds_get_script_attrs=sis?v@gn
 /ds_is_in_list=2|3|4@ae,sii?s?i?@fg,sii?s?i?s?@hn /ds_mark_dst=0|1@aa,0|1|2@be,s?s?@fn
 /ds_next_domain=0@aa,0|1@be,s?@fn /ds_next_dst=0@aa,0|1@be,s?@fn /ds_push_script_attrs=ssii?s?@gn
 /ds_select_domain=2|3@ae,iis?s?i?@fn /ds_select_dst=2|3@ae,iis?s?i?@fn
=diversion an :suffix=s /add_diversion=1|2|3@ae,ss?i?@fn
=dns_cache an :blacklist_timeout=i :cachedb_url=s :min_ttl=i@ln
=domain an :accept_subdomain_col=s@ln :attrs_col=s@bn :db_mode=i :db_url=s :domain_col=s :domain_table=s
 /is_domain_local=1@aa,1|2@be,sv?@fn /is_from_local=0@aa,0|1@be,v?@fn /is_uri_host_local=0@aa,0|1@be,v?@fn
=domainpolicy an :db_url=s :domain_prefix_avp=s :domain_replacement_avp=s :domain_suffix_avp=s :dp_col_att=s
 :dp_col_rule=s :dp_col_type=s :dp_col_val=s :dp_table=s :port_override_avp=s :send_socket_avp=s
 :transport_override_avp=s /dp_apply_policy=0@ae,@fn /dp_can_connect=0@ae,@fn
=drouting an :accept_replicated_status=i@dd :carrier_id_avp=s :cluster_id=i@fn :cluster_probing_mode=s@in
 :cluster_sharing_tag=s@fn :db_partitions_table=s@bn :db_partitions_url=s@bn :db_url=s :default_group=i
 :define_blacklist=s :drc_table=s :drd_table=s :drg_domain_col=s :drg_grpid_col=s :drg_table=s :drg_user_col=s
 :drr_table=s :enable_restart_persistency=i@fn :extra_id_chars=s@in :extra_prefix_chars=s@gn :force_dns=i
 :generate_data_checksum=i@kn :gw_id_avp=s :gw_priprefix_avp=s :gw_sock_avp=s :gw_socket_filter_mode=s@in
 :no_concurrent_reload=i :partition_id_pvar=s@cn :persistent_state=i :probing_from=s :probing_interval=i
 :probing_method=s :probing_reply_codes=s :probing_socket=s@fn :replicate_status_to=i@dd :rule_id_avp=s
 :rule_prefix_avp=s :rule_tables_query=s@hn :ruri_avp=s :status_replication_cluster=i@ee :use_domain=i
 :use_partitions=i@bn /do_routing=0|1|2|3|4|5|6@aa,0|1|2|3|4|5|6|7@be,i?s?s?v?v?v?s?@fn /dr_disable=0@aa,0|1@be,s?@fn
 /dr_is_gw=1|2|3|4@aa,1|2|3|4|5@be,si?s?v?s?@fh,si?s?v?v?s?@in /dr_match=is?sv?s?@gn
 /goes_to_gw=0|1|2|3@aa,0|1|2|3|4@be,i?s?v?s?@fh,i?s?v?v?s?@in
 /is_from_gw=0|1|2|3@aa,0|1|2|3|4@be,i?s?v?s?@fh,i?s?v?v?s?@in /next_routing=0|1|2|3@ae
 /route_to_carrier=1|2|3@ae,sv?v?s?@fn /route_to_gw=1|2@ae,sv?s?@fh,sv?v?s?@in
 /use_next_gw=0|1|2|3@aa,0|1|2|3|4@be,v?v?v?s?@fn
=emergency bn :call_htable_size=i@cn :callorigin=s :contingency_hostname=s :db_table_provider=s@cn :db_table_report=s
 :db_table_routing=s :db_url=s :emergency_call_server=s :emergency_codes=s :flag_empresa_terceira=i@bb
 :proxy_hole=i@bb :proxy_role=i@cn :source_cert_uri=s@bb :source_contact=s@bb :source_hostname=s@bb
 :source_nena_id=s@bb :source_organization_name=s@bb :subs_htable_size=i@cn :timer_interval=i :url_vpc=s
 :vpc_cert_uri=s@bb :vpc_contact=s@bb :vpc_hostname=s@bb :vpc_nena_id=s@bb :vpc_organization_name=s@bb
 :vsp_cert_uri=s@bb :vsp_contact=s@bb :vsp_hostname=s@bb :vsp_nena_id=s@bb :vsp_organization_name=s@bb
 /emergency_call=0@be,@fn /failure=0@be,@fn
=enum an :bl_algorithm=s :branchlabel=s :domain_suffix=s :i_enum_suffix=s :isn_suffix=s :tel_uri_params=s
 /enum_pv_query=1|2|3@ae /enum_query=0|1|2@ae,s?s?s?@fn /i_enum_query=0|1|2@ae,s?s?@fn
 /is_from_user_enum=0|1|2@ae,s?s?@fn /isn_query=0|1|2@ae,s?s?@fn
=event_datagram an
=event_flatstore cn :delimiter=s :escape_delimiter=s@ln :file_permissions=s :max_open_sockets=i :rotate_count=is@ln
 :rotate_period=i@ln :rotate_size=is@ln :suffix=s@ln :suppress_event_name=i@fn
=event_jsonrpc ef :event_param=s :sync_mode=i :timeout=i
=event_kafka hn :broker_id=s /kafka_publish=sss?s!?
=event_rabbitmq an :connect_timeout=i@en :heartbeat=i :server_id=s@ln :sync_mode=i@cg :timeout=i@kn :use_tls=i@hn
 /rabbitmq_publish=ssss?v?v?@ln
=event_route ak /fetch_event_params=1@ae
=event_routing dn /notify_on_event=3|4@de,svsi@fn /wait_for_event=3@de,svi@fn
=event_sqs ln :queue_url=s /sqs_send_message=ss
=event_stream gn :event_param=s :reliable_mode=i@hn :sync_mode=i@gg :timeout=i
=event_virtual cn :failover_timeout=i@en
=event_xmlrpc an :sync_mode=i@cg :use_struct_param=i
=example ln :default_int=i :default_str=s /example= /example_int=i? /example_str=s?
=exec an :async=i@aa :setvars=i :time_to_kill=i /exec=1|2|3|4|5@be,ss?v?v?v?@fn /exec_avp=1|2@ae /exec_dset=1@ae
 /exec_getenv=2@ae /exec_msg=1@ae
=fraud_detection bn :calldur_thresh_crit_col=s :calldur_thresh_warn_col=s :concalls_thresh_crit_col=s
 :concalls_thresh_warn_col=s :cpm_thresh_crit_col=s :cpm_thresh_warn_col=s :days_col=s :db_url=s :end_h_col=s
 :pid_col=s :prefix_col=s :rid_col=s :seqcalls_thresh_crit_col=s :seqcalls_thresh_warn_col=s :start_h_col=s
 :table_name=s :totalc_thresh_crit_col=s :totalc_thresh_warn_col=s :use_local_time=i@cd :use_utc_time=i@en
 /check_fraud=3@be,ssi@fn
=freeswitch dn :esl_cmd_polling_itv=i@en :esl_cmd_timeout=i@en :esl_connect_timeout=i@en
 :event_heartbeat_interval=i@en
=freeswitch_scripting en :db_col_events=s :db_col_ip=s :db_col_password=s :db_col_port=s :db_col_username=s
 :db_table=s :db_url=s :fs_subscribe=s /freeswitch_esl=2|3@ee,ssv?@fn
=gflags an :initial=i /is_gflag=1@ae,i@fn /reset_gflag=1@ae,i@fn /set_gflag=1@ae,i@fn
=group an :aaa_url=s :db_url=s :domain_column=s :group_column=s :multiple_gid=i :re_exp_column=s :re_gid_column=s
 :re_table=s :table=s :use_domain=i :user_column=s /aaa_is_user_in=2@ae,ss@fn /db_get_user_group=2@ae,sv@fn
 /db_is_user_in=2@ae,ss@fn /get_user_group=2@ae,ss@fh /is_user_in=2@ae,ss@fh
=h350 an :base_dn=s :ldap_session=s :search_scope=s /h350_auth_lookup=2@ae,svv@fn
 /h350_result_call_preferences=1@ae,s@fn /h350_result_service_level=1@ae,s@fn /h350_sipuri_lookup=1@ae,s@fn
=http2d kn :ip=s :max_headers_size=i :port=i :response_timeout=i :tls_cert_path=s :tls_key_path=s
 /http2_send_response=is?s?
=httpd an :auth_password=s@mn :auth_realm=s@mn :auth_username=s@mn :buf_size=i :conn_timeout=i@kn :ip=s :port=i
 :post_buf_size=i :receive_buf_size=i@ln :tls_cert_file=s@hn :tls_ciphers=s@hn :tls_key_file=s@hn
=identity an :authCert=s :caList=s :certUri=s :crlList=s :privKey=s :useCrls=i :verCert=s /authservice=0@ae,@fn
 /verifier=0@ae,@fn
=imc an :db_url=s :hash_size=i :imc_cmd_start_char=s :members_table=s :outbound_proxy=s :rooms_table=s
 /imc_manager=0@ae,@fn
=jabber an :aliases=s :cache_time=i :check_time=i :db_url=s :delay_time=i :jaddress=s :jdomain=s :jport=i :max_jobs=i
 :priority=s :proxy=s :registrar=s :sleep_time=i :workers=i /jab_exit_jconf=0@ae,@fn /jab_go_offline=0@ae,@fn
 /jab_go_online=0@ae,@fn /jab_join_jconf=0@ae,@fn /jab_send_message=0@ae,@fn
=janus ln :janus_cmd_polling_itv=i :janus_cmd_timeout=i :janus_db_table=s :janus_db_url=s :janus_max_msg_chunks=i
 :janus_ping_interval=i :janus_send_timeout=i /janus_send_request=ssv?
=json an :enable_long_quoting=i@jn /json_link=2@ae,vv@fn /json_merge=ssv@ln $json= $json_compact=@en
 $json_compact_noescape=@mn $json_pretty=@en
=jsonrpc en :connect_timeout=i :read_timeout=i :write_timeout=i /jsonrpc_notification=3@ee,sss@fn
 /jsonrpc_request=4@ee,sssv@fn
=launch_darkly kn :connect_wait=i :ld_log_level=s :re_init_interval=i :sdk_key=s /ld_feature_enabled=ssv?i?
=ldap an :config_file=s :max_async_connections=i@cn /ldap_filter_url_encode=2@ae,sv@fn /ldap_result=1|2@ae,svs?s?@fn
 /ldap_result_check=1|2@ae,sss?@fn /ldap_result_next=0@ae,@fn /ldap_search=1@ae,s@fn
=load_balancer an :accept_replicated_status=i@dd :cluster_id=i@fn :cluster_sharing_tag=s@fn :db_table=s :db_url=s
 :fetch_freeswitch_stats=i@dn :initial_freeswitch_load=i@dn :lb_define_blacklist=s :probing_from=s :probing_interval=i
 :probing_method=s :probing_reply_codes=s :probing_verbose=i@bn :replicate_status_to=i@dd
 :status_replication_cluster=i@ee /lb_count_call=4@aa,4|5@be,siisi?@fn /lb_disable=0@aa /lb_disable_dst=0@be,@fn
 /lb_is_destination=2|3|4@ae,sii?i?@ff,sii?i?v?@gn /lb_is_started=0@be,@fn /lb_next=0@be,@ff,v?@gn /lb_reset=0@be,@fn
 /lb_start=2|3@be,iss?@ff,iss?v?@gn /lb_start_or_next=2|3@be,iss?@ff,iss?v?@gn /load_balance=2|3@ae,iss?@ff,iss?v?@gn
=lua an :lua_allocator=s :lua_auto_reload=i :lua_user_debug=i@ai :luafilename=s :warn_missing_free_fixup=i@ae
 /lua_exec=1|2@ae,ss?@fn /lua_meminfo=0@ae,@fn
=mangler an :contact_flds_separator=s /decode_contact=0@ae,@fn /decode_contact_header=0@ae,@fn
 /encode_contact=2@ae,ss@fn /sdp_mangle_ip=2@ae,ss@fn /sdp_mangle_port=1@ae,i@fn
=mathops an :decimal_digits=i /math_ceil=2@ae,sv@fn /math_compare=ssv@in /math_eval=2@ae,sv@fn /math_floor=2@ae,sv@fn
 /math_round=2|3@ae,svi?@fn /math_round_sf=3@ae,svi?@fn /math_rpn=2@ae,sv@fn /math_trunc=2@ae,sv@fn
=maxfwd an :max_limit=i /is_maxfwd_lt=1@ae,i@fn /mf_process_maxfwd_header=1@ae,i@fn
=media_exchange gn /media_exchange_from_uri=ss?s?s?i? /media_exchange_to_call=ssi?
 /media_fork_from_call=ss?i?@gk,ss?i?s?@ln /media_fork_pause=s?i?@gk,s?i?s?@ln /media_fork_resume=s?i?@gk,s?i?s?@ln
 /media_fork_to_uri=ss?s?i?@gk,ss?s?i?s?@ln /media_handle_indialog= /media_terminate=s?i?@gk,s?i?s?@ln
=mediaproxy an :disable=i :ice_candidate=s :ice_candidate_avp=s :media_relay_avp=s :mediaproxy_socket=s
 :mediaproxy_timeout=i :signaling_ip_avp=s /end_media_session=0@ae,@fn /engage_media_proxy=0@ae,@fn
 /use_media_proxy=0@ae,@fn
=mi_datagram an :children_count=i :pretty_printing=i@fn :reply_indent=s@ae :socket_buf_size=i@mn :socket_name=s
 :socket_timeout=i :trace_bwlist=s@dn :trace_destination=s@dn :unix_socket_group=is :unix_socket_mode=i
 :unix_socket_user=is
=mi_fifo an :fifo_group=is :fifo_mode=i :fifo_name=s :fifo_user=is :pretty_printing=i@fn :reply_dir=s
 :reply_indent=s@ae :trace_bwlist=s@dn :trace_destination=s@dn
=mi_html fn :http_method=i :root=s :trace_bwlist=s :trace_destination=s
=mi_http an :mi_http_method=i@ae :mi_http_root=s@ae>root :pretty_printing=i@fn :root=s@fn :trace_bwlist=s@dn
 :trace_destination=s@dn
=mi_json ae :mi_json_root=s :trace_bwlist=s@de :trace_destination=s@de
=mi_script hn :pretty_printing=i :trace_bwlist=s :trace_destination=s /mi=sv?v?v?
=mi_xmlrpc aa,mn :buffer_size=i@aa :http_root=s@mn :log_file=s@aa :port=i@aa :reply_option=i@aa :trace_bwlist=s@mn
 :trace_destination=s@mn
=mi_xmlrpc_ng al :format_version=i@ce :http_root=s@cl :mi_xmlrpc_ng_root=s@ab>http_root :trace_bwlist=s@dl
 :trace_destination=s@dl
=mid_registrar dn :allow_dup_cseq=i@jj,i@ln :at_escape_str=s@gn :attr_avp=s@gn :case_sensitive=i
 :contact_id_insertion=s@en :contact_id_param=s@en :contact_match_param=s@dd :default_expires=i :default_q=i
 :disable_gruu=i :expires_max_deviation=i@in :extra_contact_params_avp=s@en :gruu_secret=s :insertion_mode=i@dd
 :max_aor_len=i@gn :max_contact_len=i@gn :max_contacts=i :max_domain_len=i@gn :max_expires=i :max_username_len=i@gn
 :min_expires=i :mode=i :outgoing_expires=i :pn_ct_match_params=s@gn :pn_enable=i@gn :pn_enable_purr=i@gn
 :pn_pnsreg_interval=i@gn :pn_providers=s@gn :pn_refresh_timeout=i@gn :pn_skip_pn_interval=i@gn
 :pn_trigger_interval=i@gn :realm_prefix=s :received_avp=s :received_param=s :retry_after=i
 :tcp_persistent_flag=is@df,s@gn /mid_registrar_lookup=1|2|3@de,s!s?s?@fn /mid_registrar_save=1|2|3|4@de,s!s?s?i?s?@fn
 /pn_process_purr=s!@gn
=mmgeoip an :cache_type=s@bn :mmgeoip_city_db_path=s /mmg_lookup=2|3@ae,s?sv@fn
=mqueue kn :db_url=s :mqueue=s /mq_add=sss /mq_fetch=s /mq_pv_free=s /mq_size=s $mq_size= $mqk= $mqv=
=msilo an :add_date=i :check_time=i :clean_period=i :contact_hdr=s :content_type_hdr=s :db_table=s :db_url=s
 :expire_time=i :from_address=s :max_messages=i :offline_message=s :outbound_proxy=s :reminder=s :sc_body=s
 :sc_ctype=s :sc_exp_time=s :sc_from=s :sc_inc_time=s :sc_mid=s :sc_snd_time=s :sc_to=s :sc_uri_host=s :sc_uri_user=s
 :send_time=i :snd_time_avp=s :use_contact=i /m_dump=0|1@aa,0|1|2@be,s?i?@fn /m_store=0|1@ae,s?@fn
=msrp_gateway in :cleanup_interval=i :hash_size=i :message_timeout=i :session_timeout=i /msg_to_msrp=ss
 /msrp_gw_answer=sssss
=msrp_relay in :auth_expires=i :auth_max_expires=i :auth_min_expires=i :auth_realm=s :auth_route=s :calculate_ha1=i
 :cleanup_interval=i :dst_host_var=s :dst_schema_var=s :hash_size=i :my_uri=s :nonce_expire=i :password_var=s
 :realm_var=s :socket_route=s :username_var=s
=msrp_ua in :advertised_contact=s :cleanup_interval=i :hash_size=i :max_duration=i :my_uri=s :relay_uri=s
 /msrp_ua_answer=s
=nat_traversal an :cluster_id=i@fn :cluster_sharing_tag=s@fn :keepalive_extra_headers=s :keepalive_from=s
 :keepalive_interval=i :keepalive_method=s :keepalive_state_file=s /client_nat_test=1@ae,i@fn /fix_contact=0@ae,@fn
 /nat_keepalive=0@ae,@fn $keepalive.socket= $nat_traversal.track_dialog= $source_uri=
=nathelper an :cluster_id=i@fn :cluster_sharing_tag=s@fn :force_socket=s :max_pings_lost=i@cn :natping_interval=i
 :natping_partitions=i@bn :natping_processes=i@aa :natping_socket=s :natping_tcp=i :nortpproxy_str=s :oldip_skip=s@bn
 :ping_nated_only=i :ping_threshold=i@cn :received_avp=s :remove_on_timeout_bflag=is@ce,s@fn :sipping_bflag=is@ae,s@fn
 :sipping_from=s :sipping_ignore_rpl_codes=s@en :sipping_latency_flag=is@ee,s@fn :sipping_method=s
 /add_rcv_param=0|1@ae,i?@fn /fix_nated_contact=0|1@ae,s?@fl,s?s?@mn /fix_nated_register=0@ae,@fn
 /fix_nated_sdp=1|2@ad,1|2|3@ee,is?s?@fi,ss?s?@jn /nat_uac_test=1@ae,i@fi,s@jn /restore_nated_ruri=@mn
=opentelemetry mn :enable=i :exporter_endpoint=s :log_level=i :proc_profiling=i :service_name=s :use_batch=i
=options an :accept=s :accept_encoding=s :accept_language=s :support=s /options_reply=0@ae,@fn
=osp an :append_userphone=i :ca_certificates=s :cnam_avp=s :custom_info_avp=s :destination_avp=s@en
 :destination_media_avp=s :device_ip=s :enable_crypto_hardware_support=i :export_npparameter_order=i@en
 :extraheaders_value=s@cn :identity_algorithm_avp=s@ad :identity_avp=s@en :identity_canon_avp=s@ad
 :identity_information_avp=s@ad :identity_signature_avp=s@ad :identity_type_avp=s@ad :local_certificate=s
 :max_destinations=i :networkid_location=i :networkid_parameter=s :parameterstring_location=i :parameterstring_value=s
 :persistence=i :private_key=s :reason_cause_avp=s@en :reason_text_avp=s@en :reason_type_avp=s@en :report_networkid=i
 :request_date_avp=s :retry_delay=i :retry_limit=i :sdp_fingerprint_avp=s :service_provider_avp=s@en :service_type=i
 :source_device_avp=s :source_media_avp=s :source_networkid_avp=s :source_switchid_avp=s@cn :sp10_uri=s :sp10_weight=i
 :sp11_uri=s :sp11_weight=i :sp12_uri=s :sp12_weight=i :sp13_uri=s :sp13_weight=i :sp14_uri=s :sp14_weight=i
 :sp15_uri=s :sp15_weight=i :sp16_uri=s :sp16_weight=i :sp1_uri=s :sp1_weight=i :sp2_uri=s :sp2_weight=i :sp3_uri=s
 :sp3_weight=i :sp4_uri=s :sp4_weight=i :sp5_uri=s :sp5_weight=i :sp6_uri=s :sp6_weight=i :sp7_uri=s :sp7_weight=i
 :sp8_uri=s :sp8_weight=i :sp9_uri=s :sp9_weight=i :ssl_lifetime=i :support_nonsip_protocol=i :switchid_location=i@cn
 :switchid_parameter=s@cn :timeout=i :token_format=i :use_number_portability=i :use_security_features=i
 :user_group_avp=s@en :user_id_avp=s@en :validate_callid=i :work_mode=i /checkcallingtranslation=0@ae,@fn
 /checkospheader=0@ae,@fn /checkosproute=0@ae,@fn /getlocaladdress=0@ae,@fn /prepareallosproutes=0@ae,@fn
 /prepareospresponse=0@ae,@fn /prepareosproute=0@ae,@fn /processsubscribe=1@ce,s@fn /reportospusage=1@ae,i@fn
 /requestosprouting=0@ae,@fn /setrequestdate=0@ae,@fn /validateospheader=0@ae,@fn
=path an :enable_double_path=i :use_received=i /add_path=0|1@ae,s?@fn /add_path_received=0|1@ae,s?@fn
=pdt ab :char_list=s :check_domain=i :db_table=s :db_url=s :domain_column=s :prefix=s :prefix_column=s
 :sdomain_column=s /prefix2domain=0|1|2
=peering an :aaa_url=s :verify_destination_service_type=i :verify_source_service_type=i /verify_destination=0@ae,@fn
 /verify_source=0@ae,@fn
=perl an :filename=s :modpath=s :unsafemodfnc=i@ae /perl_exec=1|2@ae,ss?@fn /perl_exec_simple=1|2@ae,ss?@fn
=permissions an :address_table=s :allow_suffix=s :check_all_branches=i :db_url=s :default_allow_file=s
 :default_deny_file=s :deny_suffix=s :grp_col=s :info_col=s :ip_col=s :mask_col=s :partition=s@cn :pattern_col=s
 :port_col=s :proto_col=s /allow_register=1|2@ae,s@fn /allow_routing=0|1|2@ae,s?@fn /allow_uri=2@ae,ss@fn
 /check_address=4|5|6@ae,isisv?s?s?@fn /check_source_address=1|2|3@ae,iv?s?s?@fn /get_source_group=1@ae,vs?@fn
=pi_http an :framework=s@am :pi_http_method=i :pi_http_root=s
=pike an :check_route=s :pike_log_level=i :remove_latency=i :reqs_density_per_unit=i :sampling_time_unit=i
 /pike_check_req=0@ae,@fn
=presence an :active_watchers_table=s :bla_fix_remote_target=i :bla_presentity_spec=s :clean_period=i
 :cluster_be_active_shtag=s@hh,s@jn :cluster_federation_mode=i@ef,s@gn :cluster_id=i@en :cluster_pres_events=s@en
 :cluster_sharing_tags=s@ee :contact_user=s@gn :db_update_period=i :db_url=s :enable_sphere_check=i
 :end_sub_on_timeout=i@bn :expires_offset=i :fallback2db=i :max_expires_publish=i :max_expires_subscribe=i
 :mix_dialog_presence=i :notify_offline_body=i :pres_htable_size=i :presentity_table=s :server_address=s@af
 :subs_htable_size=i :waiting_subs_daysno=i :watchers_table=s /handle_publish=0|1@ae,s?@fn
 /handle_subscribe=0|1@ad,0|1|2@ee,i?s?@fn
=presence_callinfo an :call_info_timeout_notification=i :callee_spec_param=s@mn :caller_spec_param=s@mn
 :disable_dialog_support_for_sca=i :line_hash_size=i :line_seize_timeout_notification=i :log_level=i@mn
 /sca_engage=s?@mn /sca_mute_branch=si?@mn /sca_set_called_line=0|1@ae,s@fg,s?@hh,s@ii,s?@jl,s@mn
 /sca_set_calling_line=0|1@ae,s@fg,s?@hh,s@ii,s?@jl /sca_validate_invite_out=@mn
=presence_dfks gn :get_route=s :set_route=s $dfks=
=presence_dialoginfo an :force_single_dialog=i
=presence_mwi an
=presence_reginfo kn :aggregate_presentities=i :default_expires=i
=presence_xcapdiff an
=presence_xml an :force_active=i :generate_offline_body=i :pidf_manipulation=i :pres_rules_auid=s
 :pres_rules_filename=s :xcap_server=s
=prometheus hn :delimiter=s :group_label=s :group_mode=i :group_prefix=s :labels=s@in :prefix=s :root=s
 :script_route=s@kn :script_route_avp_result=s@kk :statistics=s /prometheus_declare_stat=ss?s?@ln
 /prometheus_push_stat=is?s?@ln
=proto_bin cn :bin_async=i :bin_async_local_connect_timeout=i@cl :bin_async_local_write_timeout=i
 :bin_async_max_postponed_chunks=i :bin_max_msg_chunks=i :bin_port=i :bin_send_timeout=i
=proto_bins hn :bins_async=i :bins_async_handshake_timeout=i@hl :bins_async_local_connect_timeout=i@hl
 :bins_async_max_postponed_chunks=i :bins_handshake_timeout=i :bins_max_msg_chunks=i :bins_port=i :bins_send_timeout=i
 :trace_destination=s@in :trace_on=i@in
=proto_hep cn :compressed_payload=i :hep_async=i :hep_async_local_connect_timeout=i@cl
 :hep_async_local_write_timeout=i :hep_async_max_postponed_chunks=i :hep_capture_id=i :hep_id=s@dn
 :hep_max_msg_chunks=i :hep_max_retries=i@ln :hep_port=i :hep_retry_cooldown=i@ln :hep_send_timeout=i
 :homer5_delim=s@dn :homer5_on=i@dn /correlate=5@de,sssss@fn
=proto_ipsec kn :allowed_algorithms=s :default_client_port=i :default_server_port=i :disable_deprecated_algorithms=i
 :max_spi=i :min_spi=i :port=i :temporary_timeout=i /ipsec_create=i?i?s? $ipsec= $ipsec_ue=
=proto_msrp in :cert_check_on_conn_reusage=i :max_msg_chunks=i :send_timeout=i :tls_handshake_timeout=i
 :trace_destination=s :trace_filter_route=s :trace_on=i
=proto_sctp bn :sctp_port=i
=proto_smpp fn :db_url=s :dst_npi_col=s :dst_ton_col=s :ip_col=s :name_col=s :outbound_uri=s :password_col=s
 :port_col=s :session_type_col=s :smpp_max_msg_chunks=i :smpp_port=i :smpp_send_timeout=i :smpp_table=s :src_npi_col=s
 :src_ton_col=s :system_id_col=s :system_type_col=s /proto_init= /send_smpp_message=s@ff,ss?s?s?i?i?@gn
=proto_tcp bn :tcp_async=i :tcp_async_local_connect_timeout=i@bl :tcp_async_local_write_timeout=i
 :tcp_async_max_postponed_chunks=i :tcp_crlf_drop=i :tcp_crlf_pingpong=i :tcp_max_msg_chunks=i
 :tcp_parallel_handling=i@il :tcp_port=i :tcp_send_timeout=i :trace_destination=s@dn :trace_filter_route=s@dn
 :trace_on=i@dn
=proto_tls bn :ca_dir=s@bb :ca_list=s@bb :cert_check_on_conn_reusage=i@en :certificate=s@bb :ciphers_list=s@bb
 :client_domain=s@bb :client_domain_avp=s@bb :dh_params=s@bb :ec_curve=s@bb :private_key=s@bb :require_cert=s@bb
 :server_domain=s@bb :tls_async=i@hn :tls_async_handshake_timeout=i@hl :tls_async_local_connect_timeout=i@hl
 :tls_async_max_postponed_chunks=i@hn :tls_crlf_drop=i :tls_crlf_pingpong=i :tls_handshake_timeout=i@bb,i@gn
 :tls_max_msg_chunks=i :tls_method=s@bb :tls_port=i :tls_send_timeout=i@bb,i@gn :trace_destination=s@dn
 :trace_filter_route=s@dn :trace_on=i@dn :verify_cert=s@bb /is_peer_verified=0@bb $tls_cipher_bits=@bb
 $tls_cipher_info=@bb $tls_description=@bb $tls_my_issuer=@bb $tls_my_issuer_cn=@bb $tls_my_issuer_country=@bb
 $tls_my_issuer_locality=@bb $tls_my_issuer_organization=@bb $tls_my_issuer_state=@bb $tls_my_issuer_unit=@bb
 $tls_my_san_email=@bb $tls_my_san_hostname=@bb $tls_my_san_ip=@bb $tls_my_san_uri=@bb $tls_my_serial=@bb
 $tls_my_subject=@bb $tls_my_subject_cn=@bb $tls_my_subject_country=@bb $tls_my_subject_locality=@bb
 $tls_my_subject_organization=@bb $tls_my_subject_state=@bb $tls_my_subject_unit=@bb $tls_my_version=@bb
 $tls_peer_expired=@bb $tls_peer_issuer=@bb $tls_peer_issuer_cn=@bb $tls_peer_issuer_country=@bb
 $tls_peer_issuer_locality=@bb $tls_peer_issuer_organization=@bb $tls_peer_issuer_state=@bb $tls_peer_issuer_unit=@bb
 $tls_peer_notAfter=@bb $tls_peer_notBefore=@bb $tls_peer_revoked=@bb $tls_peer_san_email=@bb
 $tls_peer_san_hostname=@bb $tls_peer_san_ip=@bb $tls_peer_san_uri=@bb $tls_peer_selfsigned=@bb $tls_peer_serial=@bb
 $tls_peer_subject=@bb $tls_peer_subject_cn=@bb $tls_peer_subject_country=@bb $tls_peer_subject_locality=@bb
 $tls_peer_subject_organization=@bb $tls_peer_subject_state=@bb $tls_peer_subject_unit=@bb $tls_peer_verified=@bb
 $tls_peer_version=@bb $tls_version=@bb
=proto_udp bn :udp_port=i
=proto_ws bn :require_origin=i@hn :trace_destination=s@dn :trace_filter_route=s@dn :trace_on=i@dn
 :ws_handshake_timeout=i@cn :ws_max_msg_chunks=i :ws_port=i :ws_resource=s@cn :ws_send_timeout=i
=proto_wss cn :cert_check_on_conn_reusage=i@en :require_origin=i@hn :trace_destination=s@dn :trace_filter_route=s@dn
 :trace_on=i@dn :wss_handshake_timeout=i :wss_max_msg_chunks=i :wss_port=i :wss_resource=s :wss_send_timeout=i@gn
 :wss_tls_handshake_timeout=i@gn
=pua an :cluster_id=i@hn :cluster_sharing_tag=s@hn :db_table=s :db_url=s :default_expires=i :hash_size=i
 :min_expires=i :update_period=i /pua_update_contact=0@ae,@fn
=pua_bla an :default_domain=s :header_name=s :outbound_proxy=s :presence_server=s :server_address=s
 /bla_handle_notify=0@ae,@fn /bla_set_flag=0@ae,@fn
=pua_dialoginfo an :callee_spec_param=s :caller_confirmed=i :caller_spec_param=s :include_callid=i
 :include_localremote=i :include_tags=i :nopublish_flag=i@ad,s@en :osips_ps=i :presence_server=s :publish_on_trying=i
 /dialoginfo_mute_branch=s?@gn /dialoginfo_set=0|1@ae,s?@fn /dialoginfo_set_branch_callee=s@fn
=pua_mi an :presence_server=s
=pua_reginfo kn :default_domain=s :outbound_proxy=s :publish_reginfo=i :server_address=s :ul_domain=s
 :ul_identities_key=s /reginfo_handle_notify=s! /reginfo_subscribe=si? /reginfo_update=s
=pua_usrloc an :default_domain=s :entity_prefix=s :presence_server=s /pua_set_publish=0@ae,@fn
=pua_xmpp an :presence_server=s :server_address=s /pua_xmpp_notify=0@ae,@fn /pua_xmpp_req_winfo=2@ae,si@fn
=python an :child_init_method=s :mod_init_function=s :script_name=s /python_exec=1|2@ae,ss?@fn
=qos an :qos_flag=is@af,s@gn
=qrouting gn :algorithm=s :db_url=s :decimal_digits=i :event_bad_dst_threshold=s :extra_stats=s :history_span=i
 :min_samples_acd=i :min_samples_asr=i :min_samples_ast=i :min_samples_ccr=i :min_samples_pdd=i :sampling_interval=i
 :table_name=s /qr_disable_dst=iss? /qr_enable_dst=iss? /qr_set_xstat=issss?i?
=rabbitmq dk :connect_timeout=i@kk :server_id=s :timeout=i@kk :use_tls=i@hk /rabbitmq_publish=3|4|6@de,ssss?v?v?@fk
=rabbitmq_consumer fn :connect_timeout=i :connection_id=s :retry_timeout=i :use_tls=i@hn
=rate_cacher gn :clients_db_table=s :clients_db_url=s :clients_hash_size=i :rates_db_table=s :rates_db_url=s
 :vendors_db_table=s :vendors_db_url=s :vendors_hash_size=i :vendors_max_rates=i@mn
 /cost_based_filtering=sissiv@gl,sissivi?@mn /cost_based_ordering=sissiv@gl,sissivi?@mn /get_client_price=sisvvvvv
 /get_vendor_price=ssvvvvv@gl,ssvvvvvi?@mn
=ratelimit an :accept_pipes_from=i@cd :accept_pipes_timeout=i@cc :bridge_repl_timer_expire=i@mn
 :bridge_repl_timer_interval=i@mn :bridge_replication=i@mn :cachedb_url=s :db_prefix=s :default_algorithm=s
 :expire_time=i :hash_size=i :limit_per_interval=i@en :pipe_replication_cluster=i@en :repl_buffer_threshold=i@cn
 :repl_pipes_auth_check=i@cd :repl_timer_expire=i@cn :repl_timer_interval=i@cn
 :replicate_pipes_to=i@cd>pipe_replication_cluster :slot_period=i@cn :timer_interval=i :window_size=i@cn
 /rl_check=2|3@ae,sis?@fn /rl_dec_count=1@ae,s@fn /rl_reset_count=1@ae,s@fn /rl_values=vr?@ln $rl_count=@cn
=regex an :file=s :group_max_size=i :max_groups=i :pcre_caseless=i :pcre_dotall=i :pcre_extended=i :pcre_multiline=i
 /pcre_match=2@ae,ss@fm,ssv?@nn /pcre_match_group=1|2@ae,si?@fn
=registrar an :allow_dup_cseq=i@jj,i@ln :attr_avp=s :case_sensitive=i :default_expires=i :default_q=i :disable_gruu=i
 :expires_max_deviation=i@in :gruu_secret=s :max_aor_len=i@gn :max_contact_len=i@gn :max_contacts=i
 :max_domain_len=i@gn :max_expires=i :max_username_len=i@gn :mcontact_avp=s :min_expires=i :pn_ct_match_params=s@gn
 :pn_enable=i@gn :pn_enable_purr=i@gn :pn_pnsreg_interval=i@gn :pn_providers=s@gn :pn_refresh_timeout=i@gn
 :pn_skip_pn_interval=i@gn :pn_trigger_interval=i@gn :realm_prefix=s :received_avp=s :received_param=s :retry_after=i
 :sock_hdr_name=s :tcp_persistent_flag=is@af,s@gn /add_sock_hdr=1@ae,s@fn
 /is_contact_registered=1|2|3|4@ce,s!s?s?s?@fn /is_ip_registered=3@ce,s!s?v@fi,s!s?vv?@jn /is_other_contact=2@ac
 /is_registered=1|2@ce,s!s?@fn /lookup=1|2|3@ae,s!s?s?@fn /pn_process_purr=s!@gn /registered=1|2|3@ac
 /remove=2|3@ac,2|3|4@de,s!ss?s?s?@fj,s!ss?s?s?s?@kn /remove_ip_port=sis!s?@in /save=1|2|3@ae,s!s?s?s?@fn
=rest_client an :connect_poll_interval=i@cn :connection_timeout=i :curl_conn_lifetime=i@jn :curl_http_version=i@fn
 :curl_timeout=i :enable_expect_100=i@en :max_async_transfers=i@bn :max_transfer_size=i@gn
 :no_concurrent_connects=i@jn :ssl_capath=s :ssl_verifyhost=i :ssl_verifypeer=i /rest_append_hf=1@ce,s@fn
 /rest_get=2|3|4@ae,svv?v?@fn /rest_init_client_tls=1@ee,s@fn /rest_post=4|5|6@ae,sss?vv?v?@fn
 /rest_put=4|5|6@de,sss?vv?v?@fn
=rls an :clean_period=i :contact_user=s@gn :hash_size=i :max_expires=i :presence_server=s :rlpres_table=s :rls_event=s
 :rlsubs_table=s :server_address=s@af :to_presence_code=i :waitn_time=i :xcap_root=s /rls_handle_notify=0@ae,@fn
 /rls_handle_subscribe=0@ae,@fn
=rr an :add_username=i :append_fromtag=i :enable_double_rr=i :enable_socket_mismatch_warning=i :ignore_user=s
 /add_rr_param=1@ae,s@fn /check_route_param=1@ae,r@fn /is_direction=1@ae,s@fn /loose_route=0@ae,@fn
 /record_route=0|1@ae,s?@fn /record_route_preset=1|2@ae,ss?@fn $rr_params=
=rtp.io ln :rtpproxy_args=s
=rtp_relay hn :route_answer=s@ln :route_copy_answer=s@ln :route_copy_delete=s@ln :route_copy_offer=s@ln
 :route_delete=s@ln :route_offer=s@ln /rtp_relay_engage=si? $rtp_relay= $rtp_relay_callee=@nn $rtp_relay_caller=@nn
 $rtp_relay_ctx=@in $rtp_relay_peer=
=rtpengine bn :db_table=s@en :db_url=s@en :error_pv=s@in :extra_failover_error=s@ln :extra_id_pv=s
 :notification_sock=s@gn :ping_enabled=i@ln :rtpengine_disable_tout=i :rtpengine_retr=i :rtpengine_sock=s
 :rtpengine_timer_interval=i@in :rtpengine_tout=i :set_column=s@en :setid_avp=s :socket_column=s@en
 /rtpengine_answer=0|1@bc,0|1|2|3@de,s?v?v?s?@fn /rtpengine_block_dtmf=s?v?@gn /rtpengine_block_media=s?v?@gn
 /rtpengine_delete=0|1@bc,0|1|2@de,s?v?@fn /rtpengine_manage=0|1@bc,0|1|2|3@de,s?v?v?s?@fn
 /rtpengine_offer=0|1@bc,0|1|2|3@de,s?v?v?s?@fn /rtpengine_pause_recording=s?v?@ln /rtpengine_play_dtmf=ss?v?@gn
 /rtpengine_play_media=sv?v?@gn /rtpengine_start_forwarding=s?v?@gn /rtpengine_start_recording=0@be,v?@ff,s?v?@gn
 /rtpengine_stop_forwarding=s?v?@gn /rtpengine_stop_media=s?v?@gk,s?v?v?@ln /rtpengine_stop_recording=s?v?@gn
 /rtpengine_unblock_dtmf=s?v?@gn /rtpengine_unblock_media=s?v?@gn /rtpengine_use_set=1@be,i@fn $rtpquery=@en $rtpstat=
=rtpproxy an :db_table=s :db_url=s :default_set=i@dn :generated_sdp_media_ip=s@in :generated_sdp_port_max=i@in
 :generated_sdp_port_min=i@in :nortpproxy_str=s :rtpp_notify_socket=s :rtpp_socket_col=s :rtpproxy_autobridge=i
 :rtpproxy_disable_tout=i :rtpproxy_retr=i :rtpproxy_sock=s :rtpproxy_timeout=s :rtpproxy_tout=i@ah :set_id_col=s
 /engage_rtp_proxy=0|1|2|3|4@ac /rtpproxy_all_stats=1|2|3@de,vi?v?@fn
 /rtpproxy_answer=0|1|2|3|4@ad,0|1|2|3|4|5@ee,s?s?i?v?v?@fh,s?s?i?v?v?v?@il,s?s?i?v?v?v?v?@mn
 /rtpproxy_engage=0|1|2|3|4@ad,0|1|2|3|4|5@ee,s?s?i?v?v?@fn
 /rtpproxy_offer=0|1|2|3|4@ad,0|1|2|3|4|5@ee,s?s?i?v?v?@fh,s?s?i?v?v?v?@il,s?s?i?v?v?v?v?@mn
 /rtpproxy_start_recording=0|1|2@ac,0|1|2|3@dd,0|1|2|3|4|5@ee,i?v?s?s?i?@fn /rtpproxy_stats=4|5|6@de,vvvvi?v?@fn
 /rtpproxy_stop_stream2uac=0|1|2@ae,i?v?@fn /rtpproxy_stop_stream2uas=0|1|2@ae,i?v?@fn
 /rtpproxy_stream2uac=2|3|4@ae,sii?v?@fn /rtpproxy_stream2uas=2|3|4@ae,sii?v?@fn /rtpproxy_unforce=0|1|2@ae,i?v?@fn
 /start_recording=0|1|2@ac /unforce_rtp_proxy=0|1|2@ac
=script_helper an :create_dialog_flags=s :sequential_route=s :use_dialog=i
=seas af :clusters=s :jain_ping=s :listen_sockets=s :servlet_ping=s :stats_socket=s /as_relay_sl=1@ae,s@ff
 /as_relay_t=1@ae,s@ff
=signaling an /send_reply=2@ae,is@fn $sig_local_totag=@gn
=sip_i dn :country_code=s :default_part_headers=s@en :isup_mime_str=s :param_subfield_separator=s
 /add_isup_part=0|1@dd,0|1|2@ee,s?s?@fn $isup_msg_type= $isup_param= $isup_param_str=
=sipcapture an :auth_user_column=s :authorization_column=s :callid_aleg_column=s :callid_column=s :capture_node=s
 :capture_on=i :contact_ip_column=s :contact_port_column=s :contact_user_column=s :content_type_column=s
 :cseq_column=s :date_column=s :db_url=s :destination_ip_column=s :destination_port_column=s :diversion_column=s
 :family_column=s :from_tag_column=s :from_user_column=s :hep_capture_on=i :hep_route=s@cn :id_column=s
 :max_async_queries=i@cn :method_column=s :micro_ts_column=s :msg_column=s :node_column=s :originator_ip_column=s
 :originator_port_column=s :pid_user_column=s :promiscious_on=i :proto_column=s :raw_interface=s
 :raw_ipip_capture_on=i :raw_moni_bpf_on=i :raw_moni_capture_on=i :raw_sock_children=i :raw_socket_listen=s
 :reason_column=s :reply_reason_column=s :rtcp_table_name=s@cn :rtp_stat_column=s :ruri_column=s :ruri_user_column=s
 :source_ip_column=s :source_port_column=s :table_name=s :to_tag_column=s :to_user_column=s :type_column=s
 :user_agent_column=s :via_1_branch_column=s :via_1_column=s /hep_del=1@ce,s@fn /hep_get=3|4@ce,ssv?v?@fn
 /hep_relay=0@ce,@fn /hep_resume_sip=0@ce,@fn /hep_set=2|4@ce,sss?s?@fn /report_capture=1|2|3@ce,ss?i?@fn
 /sip_capture=0@ab,0|1@cc,0|1|2|3|4@de,s?s?s?s?@fn $HEPVERSION=@cn $hep_net=@cn
=sipmsgops an /add_body=1|2@ac /add_body_part=2@dd,2|3@ee,sss?@fn /append_body_to_reply=s@kn /append_hf=1|2@ae,ss?@fn
 /append_time=0@ae,@fn /append_to_reply=1@ae,s@fn /append_urihf=2@ae,ss@fn /change_reply_status=2@ae,is@fn
 /codec_delete=1|2@ae,ss?@fn /codec_delete_except_re=1@ae,r@fn /codec_delete_re=1@ae,r@fn /codec_exists=1|2@ae,ss?@fn
 /codec_exists_re=1@ae,r@fn /codec_move_down=1|2@ae,ss?@fn /codec_move_down_re=1@ae,r@fn /codec_move_up=1|2@ae,ss?@fn
 /codec_move_up_re=1@ae,r@fn /filter_body=1@ac /get_glob_headers_values=svv@jn /get_updated_body_part=s?v@in
 /has_body=0|1@ae,s?@fn /has_body_part=0|1@de,s?@fn /has_totag=@fn /insert_hf=1|2@ae,ss?@fn /is_audio_on_hold=0@ae,@fn
 /is_method=1@ae,s@fn /is_present_hf=1@ae,s@fn /is_privacy=1@ae,s@fn /is_uri_user_e164=s@fn
 /list_hdr_add_option=2@ee,ss@fn /list_hdr_has_option=2@ee,ss@fn /list_hdr_remove_option=2@ee,ss@fn
 /remove_body_part=0|1|2@de,s?s?@fn /remove_hf=1|2@ae,s@fn /remove_hf_glob=s@fn /remove_hf_re=r@fn
 /ruri_add_param=s@fn /ruri_del_param=s@fn /ruri_has_param=ss?@fn /ruri_tel2sip=@fn /sip_to_json=v@kn
 /sipmsg_validate=0|1|2@ae,s?v?@fn /stream_delete=1@ae,r@fh,rr?@in /stream_exists=1@ae,r@fh,rr?@in /strip_body=0|1@ac
=siprec en :media_port_max=i@eh :media_port_min=i@eh :skip_failover_codes=s /siprec_pause_recording=@ik,s?@ln
 /siprec_resume_recording=@ik,s?@ln /siprec_send_indialog=s?s?s?@ln
 /siprec_start_recording=1|2|3|4|5|6@ee,ss?s?s?s?s?@ff,ss?s?s?s?s?s?@gh,s@ik,ss?@ln /siprec_stop_recording=s?@ln
 $siprec=@in
=siptrace ae :callid_column=s :date_column=s :db_url=s@ab :direction_column=s :duplicate_uri=s@ab
 :duplicate_with_hep=i@ab :enable_ack_trace=i@ab :fromip_column=s :fromport_column=s@be :fromproto_column=s@be
 :fromtag_column=s :hep_capture_id=i@ab :hep_version=i@ab :method_column=s :msg_column=s :status_column=s :table=s@ab
 :toip_column=s :toport_column=s@be :toproto_column=s@be :trace_attrs_column=s@ce :trace_flag=is@ab :trace_id=s@ce
 :trace_local_ip=s :trace_on=i :trace_table_avp=s@ab :trace_to_database=i@ab :traced_user_avp=s@ab
 :traced_user_column=s@ab /sip_trace=0@ab,1|2|3@cc,1|2|3|4@de /trace_dialog=0@ab
=sl an :enable_stats=i /sl_reply_error=0@ae,@fn /sl_send_reply=2@ae,is@fn
=sms af :default_net=s :domain=s :links=s :max_sms_parts=i :modems=s :networks=s :sms_report_type=i :use_contact=i
 /sms_send_msg=0@ae,@ff /sms_send_msg_to_net=1@ae,s@ff
=sngtc an /sngtc_callee_answer=0|1|2@ae,ss@fn /sngtc_caller_answer=0@ae,@fn /sngtc_offer=0@ae,@fn
=snmpstats an :MsgQueueMajorThreshold=i :MsgQueueMinorThreshold=i :dlg_major_threshold=i :dlg_minor_threshold=i
 :sipEntityType=s :snmpCommunity=s :snmpgetPath=s
=sockets_mgm ln :advertised_column=s :db_url=s :flags_column=s :max_sockets=i :processes=i :socket_column=s
 :table_name=s :tag_column=s :tos_column=s
=speeddial an :db_url=s :domain_column=s :domain_prefix=s :new_uri_column=s :sd_domain_column=s :sd_user_column=s
 :use_domain=i :user_column=s /sd_lookup=1|2@ae,ss?@fn
=sql_cacher cn :bigint_to_str=i@kn :cache_table=s :columns_delimiter=s :full_caching_expire=i :pvar_delimiter=s
 :reload_interval=i :spec_delimiter=s :sql_fetch_nr_rows=i /sql_cache_dump=sss=@ln $sql_cached_value=
=sqlops kn :attribute_column=s :bigint_to_str=i :db_scheme=s :db_url=s :domain_column=s :ps_id_max_buf_len=i
 :type_column=s :use_domain=i :username_column=s :usr_table=s :uuid_column=s :value_column=s /sql_avp_delete=s=s=i?
 /sql_avp_load=s=s=i?s? /sql_avp_store=s=s=i? /sql_delete=ss?i? /sql_insert=ssi? /sql_query=ss=?i?
 /sql_query_one=ss=?i? /sql_replace=ssi? /sql_select=s?ss?s?s=?i? /sql_select_one=s?s?ss?s=i? /sql_update=sss?i?
=sst an :enable_stats=i :min_se=i :reject_to_small=i :sst_flag=is@ae,s@fn :sst_interval=i /sstCheckMin=1@ae,i?@fn
=statistics an :stat_groups=s@dn :stat_series_profile=s@hn :variable=s /reset_stat=1@ae,s@fn
 /stat_iter_init=2@de,ss@fn /stat_iter_next=3@de,vvs@fn /update_stat=2@ae,si@fn /update_stat_series=ssi@hn $stat=
=status_report in :script_sr_group=s /sr_add_report=ss /sr_set_status=sis?
=stir_shaken gn :auth_date_freshness=i :ca_dir=s :ca_list=s :crl_dir=s :crl_list=s :e164_max_length=i@hn
 :e164_strict_mode=i :require_date_hdr=i :verify_date_freshness=i /stir_shaken_auth=ssssss?s?@gh,ssssss?s?s=?@in
 /stir_shaken_check= /stir_shaken_check_cert=s /stir_shaken_disengagement=s@kn /stir_shaken_verify=svvs?s? $identity=
=stun an :alternate_ip=s :alternate_port=s :primary_ip=s :primary_port=s :use_listeners_as_primary=i@in
=tcp_mgm in :alias_mode_col=s :attrs_col=s :con_lifetime_col=s :connect_timeout_col=s :db_table=s :db_url=s
 :direction_col=s :id_col=s :keepalive_col=s :keepcount_col=s :keepidle_col=s :keepinterval_col=s :local_addr_col=s
 :local_port_col=s :msg_read_timeout_col=s :no_new_conn_col=s :parallel_read_col=s@il :priority_col=s :proto_col=s
 :remote_addr_col=s :remote_port_col=s :send_threshold_col=s
=textops an /replace=2@ae,rs@fn /replace_all=2@ae,rs@fn /replace_body=2@ae,rs@fn /replace_body_all=2@ae,rs@fn
 /replace_body_atonce=2@ae,rs@fn /search=1@ae,r@fn /search_append=2@ae,rs@fn /search_append_body=2@ae,rs@fn
 /search_body=1@ae,r@fn /subst=1@ae,s=@fn /subst_body=1@ae,s=@fn /subst_uri=1@ae,s=@fn /subst_user=1@ae,s=@fn
=tls_mgm cn :address_col=s@ce :ca_dir=s :ca_dir_col=s :ca_list=s :ca_list_col=s :certificate=s :certificate_col=s
 :ciphers_list=s :ciphers_list_col=s :client_domain=s :client_domain_avp=s@ce>client_tls_domain_avp
 :client_sip_domain_avp=s@fn :client_tls_domain_avp=s@fn :crl_check_all=s :crl_check_all_col=s :crl_dir=s
 :crl_dir_col=s :db_mode=i@cc :db_table=s :db_url=s :dh_params=s :dh_params_col=s :domain_col=s@dn :ec_curve=s
 :ec_curve_col=s :id_col=s@cc :match_ip_address=s@fn :match_ip_address_col=s@fn :match_sip_domain=s@fn
 :match_sip_domain_col=s@fn :private_key=s :private_key_col=s :require_cert=s :require_cert_col=s :server_domain=s
 :tls_handshake_timeout=i@cf :tls_library=s@hn :tls_method=s :tls_method_col=s :tls_send_timeout=i@cf :verify_cert=s
 :verify_cert_col=s /is_peer_verified=0@ce,@fn /load_tls_mgm=@fn $tls_cipher_bits= $tls_cipher_info= $tls_description=
 $tls_my_issuer= $tls_my_issuer_cn= $tls_my_issuer_country= $tls_my_issuer_locality= $tls_my_issuer_organization=
 $tls_my_issuer_state= $tls_my_issuer_unit= $tls_my_san_email= $tls_my_san_hostname= $tls_my_san_ip= $tls_my_san_uri=
 $tls_my_serial= $tls_my_subject= $tls_my_subject_cn= $tls_my_subject_country= $tls_my_subject_locality=
 $tls_my_subject_organization= $tls_my_subject_serial= $tls_my_subject_state= $tls_my_subject_unit= $tls_my_version=
 $tls_peer_expired= $tls_peer_issuer= $tls_peer_issuer_cn= $tls_peer_issuer_country= $tls_peer_issuer_locality=
 $tls_peer_issuer_organization= $tls_peer_issuer_state= $tls_peer_issuer_unit= $tls_peer_notAfter=
 $tls_peer_notBefore= $tls_peer_revoked= $tls_peer_san_email= $tls_peer_san_hostname= $tls_peer_san_ip=
 $tls_peer_san_uri= $tls_peer_selfsigned= $tls_peer_serial= $tls_peer_subject= $tls_peer_subject_cn=
 $tls_peer_subject_country= $tls_peer_subject_locality= $tls_peer_subject_organization= $tls_peer_subject_serial=
 $tls_peer_subject_state= $tls_peer_subject_unit= $tls_peer_verified= $tls_peer_version= $tls_version=
=tls_openssl hn /load_tls_openssl=
=tls_wolfssl hn :try_use_ktls=i@mn /load_tls_wolfssl=
=tlsops aa /is_peer_verified=0 $tls_cipher_bits= $tls_cipher_info= $tls_description= $tls_my_issuer=
 $tls_my_issuer_cn= $tls_my_issuer_country= $tls_my_issuer_locality= $tls_my_issuer_organization=
 $tls_my_issuer_state= $tls_my_issuer_unit= $tls_my_san_email= $tls_my_san_hostname= $tls_my_san_ip= $tls_my_san_uri=
 $tls_my_serial= $tls_my_subject= $tls_my_subject_cn= $tls_my_subject_country= $tls_my_subject_locality=
 $tls_my_subject_organization= $tls_my_subject_state= $tls_my_subject_unit= $tls_my_version= $tls_peer_expired=
 $tls_peer_issuer= $tls_peer_issuer_cn= $tls_peer_issuer_country= $tls_peer_issuer_locality=
 $tls_peer_issuer_organization= $tls_peer_issuer_state= $tls_peer_issuer_unit= $tls_peer_notAfter=
 $tls_peer_notBefore= $tls_peer_revoked= $tls_peer_san_email= $tls_peer_san_hostname= $tls_peer_san_ip=
 $tls_peer_san_uri= $tls_peer_selfsigned= $tls_peer_serial= $tls_peer_subject= $tls_peer_subject_cn=
 $tls_peer_subject_country= $tls_peer_subject_locality= $tls_peer_subject_organization= $tls_peer_subject_state=
 $tls_peer_subject_unit= $tls_peer_verified= $tls_peer_version= $tls_version=
=tm an :T1_timer=i :T2_timer=i :auto_100trying=i :cluster_auto_cancel=i@en :cluster_param=s@en :delete_timer=i
 :disable_6xx_block=i :enable_stats=i :fr_inv_timeout=i :fr_inv_timer=i@ae :fr_timeout=i :fr_timer=i@ae
 :local_reply_route=s@kn :local_request_route=s@kn :minor_branch_flag=is@af,s@gn :onreply_avp_mode=i
 :own_timer_proc=i@aa :pass_provisional_replies=i :restart_fr_on_each_reply=i :ruri_matching=i :syn_branch=i
 :timer_partitions=i@bn :tm_replication_cluster=i@en :tw_append=s :unix_tx_timeout=i :via1_matching=i :wt_timer=i
 /t_add_cancel_reason=1@de,s@fn /t_add_hdrs=1@ae,s@fn /t_anycast_replicate=0@ee,@fn /t_cancel_branch=0|1@ae,s?@fn
 /t_check_status=1@ae,r@fn /t_check_trans=0@ae,@fn /t_flush_flags=0@ae,@fn /t_get_branch_idx_by_attr=ss?i?v?i?@ln
 /t_inject_branches=1|2@de,ss?@fn /t_local_replied=1@ae,s@fn /t_new_request=4|5|6@ae,sssss?s?@fn /t_newtran=0@ae,@fn
 /t_on_branch=1@ae,s@fn /t_on_failure=1@ae,s@fn /t_on_reply=1@ae,s@fn /t_relay=0|1|2@ae,i?s?@fi,s?s?@jn
 /t_replicate=1|2@ae,si?@fi,ss?@jn /t_reply=2@ae,is@fn /t_reply_by_callid=iss?s?@jn /t_reply_with_body=3@ae,iss@fn
 /t_wait_for_new_branches=0@de,@fg,i?@hn /t_wait_no_more_branches=@hn /t_was_cancelled=0@ae,@fn
 /t_write_req=2@ae,ss@fn /t_write_unix=2@ae,ss@fn $T_branch_idx= $T_branch_last_reply_code=@kn $T_fr_inv_timeout=
 $T_fr_timeout= $T_id=@dn $T_reply_code= $T_ruri= $bavp= $tm.branch.attr=@ln $tm.branch.duri=@ln $tm.branch.flag=@ln
 $tm.branch.flags=@ln $tm.branch.last_received=@ln $tm.branch.path=@ln $tm.branch.q=@ln $tm.branch.socket=@ln
 $tm.branch.type=@ln $tm.branch.uri=@ln
=topology_hiding bn :force_dialog=i :th_auto_route_on_trusted_socket=i@nn :th_callid_loop_protection=i@mn
 :th_callid_passwd=s :th_callid_prefix=s :th_contact_callee_username_var=s@ln :th_contact_caller_username_var=s@ln
 :th_contact_encode_param=s@bm :th_contact_encode_param_password=s@nn :th_contact_encode_passwd=s@bm
 :th_contact_encode_scheme=s@gn :th_external_socket_tag=s@nn :th_internal_trusted_tag=s@nn :th_passed_contact_params=s
 :th_passed_contact_uri_params=s :th_use_param=s@nn /topology_hiding=0|1@be,s?@fk,s?s?@ln
 /topology_hiding_match=0@bc,0|1@de,s?@fn $TH_callee_callid= $TH_decoded_contact=@nn $TH_decoded_routes=@nn
 $TH_decoded_routes_count=@nn
=tracer fn :callid_column=s :date_column=s :direction_column=s :file_mode=i@hn :fromip_column=s :fromport_column=s
 :fromproto_column=s :fromtag_column=s :method_column=s :msg_column=s :status_column=s :syslog_default_facility=s@hn
 :syslog_default_level=i@hn :toip_column=s :toport_column=s :toproto_column=s :trace_attrs_column=s :trace_id=s
 :trace_local_ip=s :trace_on=i /trace=ss?s?s?@fg,ss?s?s?s?s?@hn
=trie ln :db_partitions_table=s :db_partitions_url=s :db_url=s :extra_prefix_chars=s :no_concurrent_reload=i
 :trie_table=s :use_partitions=i /trie_search=ss?v?v?s?
=uac an :force_dialog=i :restore_mode=s :restore_passwd=s :rr_from_store_param=s :rr_to_store_param=s
 /uac_auth=0@ae,@fg,s?@hn /uac_inc_cseq=i@kn /uac_replace_from=1|2@ae,s?s@fn /uac_replace_to=1|2@ae,s?s@fn
 /uac_restore_from=0@ae,@fn /uac_restore_to=0@ae,@fn
=uac_auth an :auth_password_avp=s :auth_realm_avp=s :auth_username_avp=s :credential=s
=uac_redirect an :acc_db_table=s@ae :acc_function=s@ae :accept_filter=s :default_filter=s :deny_filter=s
 /get_redirects=1|2@ae,i?i?@fn /set_accept_filter=2@ae,rs@fn /set_deny_filter=2@ae,rs@fn
=uac_registrant an :aor_column=s :binding_URI_column=s :binding_params_column=s :cluster_shtag_column=s@fn :db_url=s
 :default_expires=i :enable_clustering=i@fn :expiry_column=s :failure_retry_interval=i@kn :forced_socket_column=s
 :hash_size=i :password_column=s :proxy_column=s :registrar_column=s :reregister_expiry_percentage=i@mn
 :state_column=s@hn :table_name=s :third_party_registrant_column=s :timer_interval=i :username_column=s
=uri ae :aaa_url=s :db_table=s :db_url=s :domain_column=s :service_type=i :uriuser_column=s :use_domain=i
 :use_sip_uri_host=i :use_uri_table=i :user_column=s /aaa_does_uri_exist=0|1 /aaa_does_uri_user_exist=0|1
 /add_uri_param=1 /check_from=0 /check_to=0 /db_check_from=0 /db_check_to=0 /db_does_uri_exist=0 /db_get_auth_id=3
 /del_uri_param=1@ce /does_uri_exist=0|1 /does_uri_user_exist=0|1 /get_auth_id=3 /has_totag=0 /is_uri_user_e164=1
 /is_user=1 /tel2sip=0 /uri_param=1|2
=userblacklist an :db_table=s :db_url=s :use_domain=i /check_blacklist=1@ae,s@fn
 /check_user_blacklist=2|3|4@ae,sss?s?@fn
=usrloc an :accept_replicated_contacts=i@ad :attr_column=s :cachedb_url=s@en :callid_column=s :cflags_column=s
 :cluster_mode=s@en :contact_column=s :contact_id_column=s@en :contact_refresh_timer=i@gn
 :contactid_column=s@cd>contact_id_column :cseq_column=s :cseq_delay=i :db_mode=i@al :db_url=s :desc_time_order=i
 :domain_column=s :expires_column=s :flags_column=s :ha_cluster=i@ln :ha_shtag=s@ln :hash_size=i :kv_store_column=s@en
 :latency_event_min_us=i@en :latency_event_min_us_delta=i@en :location_cluster=i@en :matching_mode=i
 :max_contact_delete=i@cn :methods_column=s :mi_dump_kv_store=i@en :nat_bflag=is@ae,s@fn :path_column=s
 :pinging_mode=s@fn :q_column=s :received_column=s :regen_broken_contactid=i@cn :repl_auth_check=i@dd
 :replicate_contacts_to=s@ab,i@cd :restart_persistency=s@en :shared_pinging=i@el :sip_instance_column=s
 :skip_replicated_db_ops=i :socket_column=s :sql_write_mode=s@en :timer_interval=i :use_domain=i :user_agent_column=s
 :user_column=s :working_mode_preset=s@en /ul_add_key=s!sss?@kn /ul_del_key=s!ss@kn /ul_get_key=s!ssv@kn
=uuid gn /uuid=vi?@gg,vi?s?s?@hn $uuid=
=xcap an :db_url=s :integrated_xcap_server=i :xcap_table=s
=xcap_client an :periodical_query=i :query_period=i
=xml dn $xml=
=xmpp an :backend=s :outbound_proxy=s :sip_domain=s :xmpp_domain=s :xmpp_host=s :xmpp_password=s :xmpp_port=i
 /bind_xmpp=@fn /xmpp_send_message=0@ae,@fn
="""
